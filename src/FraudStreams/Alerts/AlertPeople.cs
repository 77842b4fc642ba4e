using Akka;
using Akka.Event;
using Akka.Streams.Dsl;
using FraudStreams.Model.Formats;
using FraudStreams.Monitoring;
using FraudStreams.Topics;

namespace FraudStreams.Alerts;

/// <summary>
/// Alerts people of the predicted frauds in batches of predictions of one partition. Frauds are sent a few at a time, and those few are
/// put on record together with the position after the last of them, so a process that dies repeats no more than those.
/// </summary>
public sealed class AlertPeople
{
    const int BatchRecords = 1000;

    /// <summary>What batching adds to the time until people know.</summary>
    static readonly TimeSpan BatchWait = TimeSpan.FromMilliseconds(50);

    readonly AlertDesk _desk;
    readonly ITopics _topics;
    readonly StreamCounters _counters;
    readonly ILoggingAdapter _log;
    readonly PredictionReader _reader;

    AlertPeople(AlertDesk desk, ITopics topics, StreamCounters counters, ILoggingAdapter log)
    {
        _desk = desk;
        _topics = topics;
        _counters = counters;
        _log = log;
        _reader = new PredictionReader(desk.Schema);
    }

    readonly record struct Due(Alert Alert, TopicRecord Prediction);

    /// <summary>
    /// Predictions of one partition in, one element out for each batch that is alerted and committed. An alert that cannot be delivered fails
    /// the stream, which then starts again before it: it is tried until it succeeds, and each try says why it failed.
    /// </summary>
    public static Flow<TopicRecord, Done, NotUsed> Flow(AlertDesk desk, ITopics topics, StreamCounters counters, ILoggingAdapter log)
    {
        var people = new AlertPeople(desk, topics, counters, log);
        return Akka.Streams.Dsl.Flow.Create<TopicRecord>()
            .GroupedWithin(BatchRecords, BatchWait)
            .SelectAsync(1, batch => people.AlertAsync(batch as IReadOnlyList<TopicRecord> ?? [.. batch]));
    }

    /// <summary>Completes when the batch's position is committed and all its frauds before it are alerted and on record.</summary>
    /// <exception cref="AlertDeliveryException">An alert was not delivered: the position stays before it.</exception>
    async Task<Done> AlertAsync(IReadOnlyList<TopicRecord> predictions)
    {
        var due = FraudsIn(predictions);
        for (var start = 0; start < due.Count; start += _desk.Parallel)
        {
            var some = due.GetRange(start, Math.Min(_desk.Parallel, due.Count - start));

            // All of them end before a failure is passed on: what was sent must be known as sent.
            await Task.WhenAll(some.Select(fraud => _desk.SendAsync(fraud.Alert, CancellationToken.None)));

            var isLast = start + some.Count == due.Count;
            await RecordAsync(some, isLast ? predictions[^1] : some[^1].Prediction);
        }

        if (due.Count == 0)
            await RecordAsync(due, predictions[^1]);
        return Done.Instance;
    }

    List<Due> FraudsIn(IReadOnlyList<TopicRecord> predictions)
    {
        var due = new List<Due>();
        var ids = new HashSet<string>();
        using var rows = new PredictionRows(_desk.Schema, expectedRows: 1);
        foreach (var prediction in predictions)
        {
            rows.Clear();
            if (_reader.TryRead(prediction.Value.Span, rows) is { } reason)
                _log.Warning("Nobody can be alerted of {0}, offset {1}: it is no prediction ({2})", prediction.Partition, prediction.Offset, reason.Message);
            else if (rows.Fraud(0) && Alert.Of(rows, 0, _desk.Template) is var alert && ids.Add(alert.TransactionId))
                due.Add(new Due(alert, prediction));
        }

        return due;
    }

    async Task RecordAsync(List<Due> sent, TopicRecord last)
    {
        var records = new OutgoingRecords(Math.Max(1, sent.Count)) { Position = new GroupPosition(Groups.Alert, last.Partition, last.Offset + 1) };
        foreach (var (alert, prediction) in sent)
            _desk.Record(alert, prediction.Key.Span, Topic.Alerts, records);
        await _topics.PublishAsync(records, CancellationToken.None);
        foreach (var (alert, _) in sent)
        {
            _desk.Forget(alert);
            _counters.Alerted(alert.Line);
        }
    }
}
