using Akka.Actor;
using FraudStreams.Model.Models;

namespace FraudStreams.Scoring;

/// <summary>
/// Scores batches with one model version. A batch that fails is answered with the failure before the actor throws, so that nobody waits
/// for an answer that will not come; the supervisor then starts it again after a pause.
/// </summary>
sealed class ModelActor : ReceiveActor
{
    public ModelActor(ScoringModel model, IActorRef desk)
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
                desk.Tell(new ScoringWorked(model.Version));
            }
            catch (Exception e)
            {
                Sender.Tell(new Status.Failure(e));
                desk.Tell(new ScoringFailed(model.Version, e));
                throw;
            }
        });
    }
}
