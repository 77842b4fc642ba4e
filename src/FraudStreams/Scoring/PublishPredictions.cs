using System.Buffers;
using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Topics;

namespace FraudStreams.Scoring;

/// <summary>
/// Publishes each row of a batch, as it came and with its score, to `predictions` and each unreadable record, with its reason and bytes, to `rejected`,
/// and commits the batch's offset in `transactions` with them; then gives the batch to the challenger, or returns it to its pool.
/// </summary>
sealed class PublishPredictions(IMessageLog topics, StreamMetrics metrics, AwaitedPredictions? awaited, TimeProvider time, ShadowQueue shadow, DriftRecorder? drift)
{
    /// <param name="awaited">Those who wait for the prediction of a payment; null where nobody can.</param>
    /// <param name="drift">Counts what is published; null where nothing does.</param>
    public static Flow<TransactionBatch, Done, NotUsed> Flow(
        IMessageLog topics, StreamMetrics metrics, TimeProvider time, ShadowQueue shadow, AwaitedPredictions? awaited = null, DriftRecorder? drift = null)
    {
        var publisher = new PublishPredictions(topics, metrics, awaited, time, shadow, drift);
        return Akka.Streams.Dsl.Flow.Create<TransactionBatch>().SelectAsync(topics.MaxInFlightBatches, publisher.PublishAsync);
    }

    async Task<Done> PublishAsync(TransactionBatch batch)
    {
        var scoredAt = time.GetUtcNow();
        var records = new RecordBatch(batch.Rows.Count + batch.Rejected.Count) { Position = batch.Position };
        var spans = StreamTraces.IsOn ? BatchSpans.Begin(batch, scoredAt) : null;
        var frauds = 0;
        for (var row = 0; row < batch.Rows.Count; row++)
        {
            frauds += batch.Scored!.IsFraud(row) ? 1 : 0;
            records.Add(
                TopicNames.Predictions, batch.Records[row].Key.Span, (batch, row, scoredAt), static (output, it) => it.batch.WritePrediction(output, it.row, it.scoredAt),
                spans?.TraceParentOf(row));
        }

        foreach (var (record, reason) in batch.Rejected)
            records.AddRejected(topics, record, reason, scoredAt);
        var publishing = topics.PublishAsync(records, CancellationToken.None);
        await (spans?.SettledAsync(publishing, time) ?? publishing);
        awaited?.Published(batch);
        drift?.Count(batch.Rows, batch.Scored);
        metrics.Scored(batch.Rows.Count, frauds);
        metrics.Sent(TopicNames.Predictions, batch.Rows.Count);
        if (metrics.WantsEachPayment)
            RecordPayments(batch);
        foreach (var (_, reason) in batch.Rejected)
            metrics.Rejected(ConsumerGroups.Score, reason.Code);
        if (!shadow.TryTake(batch))
            batch.Return();
        return Done.Instance;
    }

    void RecordPayments(TransactionBatch batch)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        for (var row = 0; row < batch.Rows.Count; row++)
            metrics.Payment((now - batch.Records[row].UnixMilliseconds) / 1000.0, batch.Scored!.Scores[row]);
    }
}
