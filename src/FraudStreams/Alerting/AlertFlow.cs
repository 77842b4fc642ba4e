using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Akka;
using Akka.Actor;
using Akka.Streams.Dsl;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Alerting;

/// <summary>
/// Filters predicted frauds and writes them, in batches, to the partition's outbox; commits the offset once they are persisted. The outbox delivers
/// them from its journal on its own, so neither a slow nor an unreachable mail server holds this stream up.
/// </summary>
#pragma warning disable CA1001 // The token source has no timer: cancelled, it holds nothing.
sealed class AlertFlow
#pragma warning restore CA1001
{
    const int BatchRecords = 1000;

    /// <summary>The most that batching adds to an alert's latency.</summary>
    static readonly TimeSpan BatchWait = TimeSpan.FromMilliseconds(5);

    static readonly TimeSpan FullPause = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(30);

    readonly IActorRef _outboxes;
    readonly IMessageLog _topics;
    readonly ILogger _log;
    readonly TimeProvider _time;
    readonly Func<bool> _isStopping;

    /// <summary>All that came is committed, and nothing more comes: the partition is revoked, or the stream stops. A failure, here or of another partition, ends the stream before that.</summary>
    volatile bool _isAtEnd;

    /// <summary>Cancelled when the stream has ended: a batch that still waits for a full outbox is dropped, and read again from the last commit.</summary>
    readonly CancellationTokenSource _ended = new();
    readonly PredictionReader _reader;

    AlertFlow(IActorRef outboxes, TransactionSchema schema, IMessageLog topics, Func<bool> isStopping, ILogger log, TimeProvider time)
    {
        _outboxes = outboxes;
        _topics = topics;
        _isStopping = isStopping;
        _log = log;
        _time = time;

        // The size limit was applied when the payment was scored; its prediction is a little longer.
        _reader = new PredictionReader(schema, int.MaxValue);
    }

    /// <summary>
    /// Takes the predictions of one partition and emits one element per committed batch. The partition's outbox is open while the flow runs, and
    /// delivers what was pending from before.
    /// </summary>
    /// <param name="isStopping">Whether the program stops, and the stream ends for that.</param>
    public static Flow<IReadOnlyList<TopicRecord>, Done, NotUsed> Flow(
        int partition, IActorRef outboxes, TransactionSchema schema, IMessageLog topics, Func<bool> isStopping, ILogger log, TimeProvider time)
    {
        var flow = new AlertFlow(outboxes, schema, topics, isStopping, log, time);
        outboxes.Tell(new OpenOutbox(partition, flow));
        return Akka.Streams.Dsl.Flow.FromGraph(new BatchChunks<TopicRecord>(BatchRecords, BatchWait))
            .SelectAsync(1, flow.AlertAsync)
            .Select(_ => true).Concat(Source.Single(false)).Where(flow.IsBatch).Select(_ => Done.Instance)
            .WatchTermination((none, ended) =>
            {
                _ = ended.ContinueWith(_ => flow.End(partition), TaskScheduler.Default);
                return none;
            });
    }

    void End(int partition)
    {
        _ended.Cancel();
        _outboxes.Tell(new CloseOutbox(partition, this, IsRevoked: _isAtEnd && !_isStopping()));
    }

    /// <param name="isBatch">False behind the last.</param>
    bool IsBatch(bool isBatch)
    {
        _isAtEnd = !isBatch;
        return isBatch;
    }

    /// <summary>Completes when the batch's alerts are persisted and its offset is committed.</summary>
    async Task<Done> AlertAsync(IReadOnlyList<TopicRecord> predictions)
    {
        var last = predictions[^1];
        var (alerts, spans) = Traced(FraudsIn(predictions), last.Partition);
        var isDone = false;
        try
        {
            while (!alerts.IsEmpty && await _outboxes.Ask<object>(new EnqueueAlerts(last.Partition.Partition, alerts), AskTimeout, _ended.Token) is not AlertsEnqueued)
                await Task.Delay(FullPause, _time, _ended.Token);

            var offset = new RecordBatch(1) { Position = new ConsumerOffset(ConsumerGroups.Alert, last.Partition, last.Offset + 1) };
            await _topics.PublishAsync(offset, CancellationToken.None);
            isDone = true;
            return Done.Instance;
        }
        finally
        {
            foreach (var span in spans)
                span.End(failed: !isDone);
        }
    }

    /// <summary>The alerts, and a span for each whose prediction carries a trace, which the alert carries on.</summary>
    static (ImmutableArray<Alert> Alerts, List<Activity> Spans) Traced(ImmutableArray<Alert> alerts, TopicPartition partition)
    {
        if (!StreamTraces.IsOn)
            return (alerts, []);
        var spans = new List<Activity>();
        return ([.. alerts.Select(alert =>
        {
            if (!StreamTraces.TryParse(alert.TraceParent, out var parent) || StreamTraces.Start(StreamTraces.Process, partition.Topic, ConsumerGroups.Alert, parent) is not { } span)
                return alert;
            spans.Add(span.SetTag(StreamTraces.PartitionTag, partition.Partition.ToString(CultureInfo.InvariantCulture)));
            return alert with { TraceParent = span.Id };
        })], spans);
    }

    ImmutableArray<Alert> FraudsIn(IReadOnlyList<TopicRecord> predictions)
    {
        var alerts = ImmutableArray.CreateBuilder<Alert>();
        using var rows = new PredictionRows(_reader.Schema, expectedRows: 1);
        foreach (var prediction in predictions)
        {
            rows.Clear();
            if (_reader.Read(prediction.Value.Span, rows) is { } reason)
                _log.LogWarning("The record of {Partition} at offset {Offset} is skipped: it is not a prediction ({Reason})", prediction.Partition, prediction.Offset, reason.Message);
            else if (rows.Fraud(0))
                alerts.Add(Alert.Of(rows, 0, prediction));
        }

        return alerts.ToImmutable();
    }
}
