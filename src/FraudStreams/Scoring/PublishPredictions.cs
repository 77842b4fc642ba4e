using System.Buffers;
using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Topics;

namespace FraudStreams.Scoring;

/// <summary>
/// Writes each row of a batch to `predictions` as it came with its score, each unreadable record to `rejected` with its reason and its
/// bytes, and the batch's position in `transactions` after them; then gives the batch back to its pool.
/// </summary>
sealed class PublishPredictions(IMessageLog topics, StreamCounters counters, TimeProvider time)
{
    public static Flow<TransactionBatch, Done, NotUsed> Flow(IMessageLog topics, StreamCounters counters, TimeProvider time)
    {
        var publisher = new PublishPredictions(topics, counters, time);
        return Akka.Streams.Dsl.Flow.Create<TransactionBatch>().SelectAsync(topics.MaxInFlightBatches, publisher.PublishAsync);
    }

    async Task<Done> PublishAsync(TransactionBatch batch)
    {
        var scoredAt = time.GetUtcNow();
        var records = new RecordBatch(batch.Rows.Count + batch.Rejected.Count) { Position = batch.Position };
        var frauds = 0;
        for (var row = 0; row < batch.Rows.Count; row++)
        {
            var score = batch.Scored!.Scores[row];
            var fraud = score >= batch.Scored.Threshold;
            frauds += fraud ? 1 : 0;
            records.Add(TopicNames.Predictions, batch.Records[row].Key.Span, (batch, row, score, fraud, scoredAt), static (output, it) =>
                PredictionWriter.Write(output, it.batch.Rows.Source(it.row), it.score, it.fraud, it.batch.Scored!.ModelVersion, it.scoredAt, it.batch.Scored.FeaturesOf(it.row)));
        }

        foreach (var (record, reason) in batch.Rejected)
            records.AddRejected(topics, record, reason, scoredAt);
        await topics.PublishAsync(records, CancellationToken.None);
        counters.Scored(batch.Rows.Count, frauds);
        if (batch.Scored is { } scored)
            counters.ModelVersion = scored.ModelVersion;
        counters.Rejected(batch.Rejected.Count);
        batch.Return();
        return Done.Instance;
    }
}
