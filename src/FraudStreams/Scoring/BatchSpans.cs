using System.Diagnostics;
using System.Globalization;
using FraudStreams.Diagnostics;
using FraudStreams.Topics;

namespace FraudStreams.Scoring;

/// <summary>
/// The spans of a batch that holds a traced payment or a predicted fraud. The batch's own, `poll` with `process` and `settle` below it, link to its payments;
/// each such payment has a `process` in its own trace, which its prediction carries on. A fraud that its producer did not trace begins a trace here.
/// </summary>
sealed class BatchSpans
{
    /// <summary>Most payments without an alert that a batch links to. All alerts are linked to, before them: exporters keep the first 128 links.</summary>
    const int MostLinked = 32;

    readonly Dictionary<int, Activity> _payments = [];
    readonly List<Activity> _batch = [];

    /// <summary>Null where the batch has nothing to trace.</summary>
    /// <param name="scoredAt">The batch is scored, and now published.</param>
    public static BatchSpans? Begin(TransactionBatch batch, DateTimeOffset scoredAt)
    {
        var traced = new List<(int Row, ActivityContext Parent)>();
        for (var row = 0; row < batch.Rows.Count; row++)
        {
            if (StreamTraces.TryParse(batch.Records[row].TraceParent, out var parent) || batch.Scored!.IsFraud(row))
                traced.Add((row, parent));
        }

        return traced.Count == 0 ? null : new BatchSpans(batch, traced, scoredAt);
    }

    BatchSpans(TransactionBatch batch, List<(int Row, ActivityContext Parent)> traced, DateTimeOffset scoredAt)
    {
        var oldest = DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(Math.Max(0, batch.Records[0].UnixMilliseconds), batch.TakenAt.ToUnixTimeMilliseconds()));
        var poll = Batch(StreamTraces.Poll, batch, default, oldest);
        var process = Batch(StreamTraces.Process, batch, poll, batch.TakenAt);
        foreach (var (row, parent) in traced)
        {
            if (Start(StreamTraces.Process, batch, parent, batch.TakenAt) is not { } span)
                continue;
            span.SetTag(StreamTraces.OffsetTag, batch.Records[row].Offset).SetTag("fraudstreams.model.version", batch.Scored!.ModelVersion)
                .SetTag("fraudstreams.prediction", batch.Scored.IsFraud(row) ? "fraud" : "legitimate");
            if (process is not null)
                span.AddLink(new ActivityLink(process.Context));
            _payments[row] = span;
        }

        foreach (var payment in _payments.Where(payment => batch.Scored!.IsFraud(payment.Key)).Concat(_payments.Where(payment => !batch.Scored!.IsFraud(payment.Key)).Take(MostLinked)))
        {
            poll?.AddLink(new ActivityLink(payment.Value.Context));
            process?.AddLink(new ActivityLink(payment.Value.Context));
        }

        poll.End(batch.TakenAt);
        process.End(scoredAt);
        if (Batch(StreamTraces.Settle, batch, poll, scoredAt) is { } settle)
            _batch.Add(settle);
    }

    /// <summary>What the row's prediction carries on; null where the payment is not traced.</summary>
    public string? TraceParentOf(int row) => _payments.GetValueOrDefault(row)?.Id;

    /// <summary>Ends the spans once the predictions are published and the batch's offset is committed.</summary>
    public async Task<int> SettledAsync(Task<int> publishing, TimeProvider time)
    {
        try
        {
            return await publishing;
        }
        finally
        {
            foreach (var span in _payments.Values.Concat(_batch))
                span.End(time.GetUtcNow(), failed: !publishing.IsCompletedSuccessfully);
        }
    }

    static Activity? Batch(string operation, TransactionBatch batch, Activity? parent, DateTimeOffset start) =>
        Start(operation, batch, parent?.Context ?? default, start)?.SetTag(StreamTraces.CountTag, batch.Rows.Count + batch.Rejected.Count);

    static Activity? Start(string operation, TransactionBatch batch, ActivityContext parent, DateTimeOffset start) => StreamTraces
        .Start(operation, TopicNames.Transactions, ConsumerGroups.Score, parent, start)
        ?.SetTag(StreamTraces.PartitionTag, batch.Position.Partition.Partition.ToString(CultureInfo.InvariantCulture));
}
