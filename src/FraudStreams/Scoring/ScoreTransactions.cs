using Akka;
using Akka.Actor;
using Akka.Streams.Dsl;

namespace FraudStreams.Scoring;

/// <summary>
/// Asks the model actor for the scores of each batch, with several batches in flight; keeps their order. A batch without readable rows bypasses the
/// model. A failure or a timeout fails the stream; it restarts from the last commit, and the batch is scored again.
/// </summary>
static class ScoreTransactions
{
    public static Flow<TransactionBatch, TransactionBatch, NotUsed> Flow(IActorRef model, ScoringSettings settings) =>
        Akka.Streams.Dsl.Flow.Create<TransactionBatch>().SelectAsync(settings.InFlight, batch => ScoreAsync(batch, model, settings));

    static async Task<TransactionBatch> ScoreAsync(TransactionBatch batch, IActorRef model, ScoringSettings settings)
    {
        if (batch.Rows.Count > 0)
            batch.Scored = await model.Ask<BatchScored>(new ScoreBatch(batch.Rows, settings.CarryFeatures, settings.Reasons, IsStream: true), settings.AskTimeout);
        return batch;
    }
}
