using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using FraudStreams.Model.Models;

namespace FraudStreams.Scoring;

/// <summary>
/// Scores batches with one model version, and explains its predicted frauds. A batch that fails is answered with Status.Failure before the actor throws, so
/// that no ask runs into its timeout; the backoff supervisor then restarts it. Reports each start and outcome to the <see cref="ModelSupervisor"/>.
/// </summary>
sealed class ModelActor : ReceiveActor
{
    readonly BatchScorer _scorer;
    readonly CurrentScorer? _current;

    /// <param name="current">Has the scorer while it works; null: nobody asks for it.</param>
    /// <param name="turn">The model's turn in <paramref name="current"/>.</param>
    public ModelActor(ScoringModel model, IActorRef supervisor, DriftRecorder? drift = null, CurrentScorer? current = null, int turn = 0)
    {
        _scorer = new BatchScorer(model, Context.GetLogger(), drift);
        (_current = current)?.Starts(_scorer, turn);
        supervisor.Tell(new ModelStarted(model));
        Receive<ScoreBatch>(batch =>
        {
            try
            {
                var began = Stopwatch.GetTimestamp();
                Sender.Tell(_scorer.Score(batch));
                supervisor.Tell(new ScoringWorked(model.Version, Stopwatch.GetElapsedTime(began)));
            }
            catch (Exception e)
            {
                _current?.Ends(_scorer);
                Sender.Tell(new Status.Failure(e));
                supervisor.Tell(new ScoringFailed(model.Version, e));
                throw;
            }
        });
        Receive<FinishScoring>(_ => Context.Stop(Self));
    }

    protected override void PostStop() => _current?.Ends(_scorer);
}
