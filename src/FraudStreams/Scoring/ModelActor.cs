using Akka.Actor;
using FraudStreams.Model.Models;

namespace FraudStreams.Scoring;

/// <summary>
/// Scores batches with one model version. A batch that fails is answered with Status.Failure before the actor throws, so that no ask runs into its
/// timeout; the backoff supervisor then restarts it. Reports each outcome to the <see cref="ModelSupervisor"/>.
/// </summary>
sealed class ModelActor : ReceiveActor
{
    public ModelActor(ScoringModel model, IActorRef supervisor)
    {
        Receive<ScoreBatch>(batch =>
        {
            try
            {
                var scores = new double[batch.Rows.Count];
                var features = batch.WithFeatures ? new double[batch.Rows.Count * model.Features.Count] : null;
                if (features is null)
                    model.Score(batch.Rows, scores);
                else
                    model.Score(batch.Rows, scores, features);
                Sender.Tell(new BatchScored(scores, model.Version, model.Threshold, features));
                supervisor.Tell(new ScoringWorked(model.Version));
            }
            catch (Exception e)
            {
                Sender.Tell(new Status.Failure(e));
                supervisor.Tell(new ScoringFailed(model.Version, e));
                throw;
            }
        });
        Receive<FinishScoring>(_ => Context.Stop(Self));
    }
}
