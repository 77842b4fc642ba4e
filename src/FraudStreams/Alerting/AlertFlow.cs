using System.Collections.Immutable;
using Akka;
using Akka.Actor;
using Akka.Event;
using Akka.Streams.Dsl;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Topics;

namespace FraudStreams.Alerting;

/// <summary>
/// Has alerts raised for the predicted frauds of one partition, in batches. A position is committed once its alerts are in the journal: from there
/// they go out by themselves, however long that takes, so neither a slow mail server nor a dead one holds this up.
/// </summary>
sealed class AlertFlow
{
    const int BatchRecords = 1000;

    /// <summary>What batching adds to the time until people know.</summary>
    static readonly TimeSpan BatchWait = TimeSpan.FromMilliseconds(50);

    static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(30);

    readonly IActorRef _desks;
    readonly AlertTemplate _template;
    readonly IMessageLog _topics;
    readonly ILoggingAdapter _log;
    readonly TimeProvider _time;
    readonly PredictionReader _reader;

    AlertFlow(IActorRef desks, AlertTemplate template, TransactionSchema schema, IMessageLog topics, ILoggingAdapter log, TimeProvider time)
    {
        _desks = desks;
        _template = template;
        _topics = topics;
        _log = log;
        _time = time;

        // How long a payment may be was decided when it was scored; its prediction is a little longer still.
        _reader = new PredictionReader(schema, int.MaxValue);
    }

    /// <summary>
    /// Predictions of one partition in, one element out for each batch that is committed. The partition's desk is open while this runs, and what
    /// waited there from before goes out.
    /// </summary>
    public static Flow<IReadOnlyList<TopicRecord>, Done, NotUsed> Flow(
        int partition, IActorRef desks, AlertTemplate template, TransactionSchema schema, IMessageLog topics, ILoggingAdapter log, TimeProvider time)
    {
        var people = new AlertFlow(desks, template, schema, topics, log, time);
        desks.Tell(new OpenOutbox(partition));
        return Akka.Streams.Dsl.Flow.FromGraph(new BatchChunks<TopicRecord>(BatchRecords, BatchWait))
            .SelectAsync(1, people.AlertAsync)
            .WatchTermination((none, ended) =>
            {
                _ = ended.ContinueWith(_ => desks.Tell(new CloseOutbox(partition)), TaskScheduler.Default);
                return none;
            });
    }

    /// <summary>Completes when the batch's alerts are in the journal and its position is committed.</summary>
    async Task<Done> AlertAsync(IReadOnlyList<TopicRecord> predictions)
    {
        var last = predictions[^1];
        var alerts = FraudsIn(predictions);
        while (!alerts.IsEmpty && await _desks.Ask<object>(new EnqueueAlerts(last.Partition.Partition, alerts), AskTimeout) is not AlertsEnqueued)
            await Task.Delay(BusyPause, _time);

        var position = new RecordBatch(1) { Position = new ConsumerOffset(ConsumerGroups.Alert, last.Partition, last.Offset + 1) };
        await _topics.PublishAsync(position, CancellationToken.None);
        return Done.Instance;
    }

    ImmutableArray<Alert> FraudsIn(IReadOnlyList<TopicRecord> predictions)
    {
        var alerts = ImmutableArray.CreateBuilder<Alert>();
        using var rows = new PredictionRows(_reader.Schema, expectedRows: 1);
        foreach (var prediction in predictions)
        {
            rows.Clear();
            if (_reader.TryRead(prediction.Value.Span, rows) is { } reason)
                _log.Warning("Nobody can be alerted of {0}, offset {1}: it is no prediction ({2})", prediction.Partition, prediction.Offset, reason.Message);
            else if (rows.Fraud(0))
                alerts.Add(Alert.Of(rows, 0, _template, prediction.Key.Span));
        }

        return alerts.ToImmutable();
    }
}
