using FraudStreams.Model.Formats;
using FraudStreams.Monitoring;
using FraudStreams.Topics;

namespace FraudStreams.Alerts;

/// <summary>
/// Alerts people of the predicted frauds in batches of predictions of one partition. Frauds are sent a few at a time, and those few are
/// put on record together with the position after the last of them, so a process that dies repeats no more than those. Not thread-safe.
/// </summary>
/// <param name="publish">Appends records and commits their position; both or neither.</param>
/// <param name="warn">Told of a prediction that cannot be read, which nobody can be alerted of.</param>
sealed class AlertPeople(
    AlertDesk desk, string topic, string group, Func<OutgoingRecords, CancellationToken, Task> publish, StreamCounters counters, Action<string> warn)
    : IDisposable
{
    readonly PredictionReader _reader = new(desk.Schema);
    readonly PredictionRows _rows = new(desk.Schema);

    readonly record struct Due(Alert Alert, TopicRecord Prediction);

    /// <summary>Completes when the batch's position is committed and all its frauds before it are alerted and on record.</summary>
    /// <exception cref="AlertDeliveryException">An alert was not delivered: the position stays before it.</exception>
    public async Task AlertAsync(IReadOnlyList<TopicRecord> predictions, CancellationToken token = default)
    {
        var due = FraudsIn(predictions);
        for (var start = 0; start < due.Count; start += desk.Parallel)
        {
            var some = due.GetRange(start, Math.Min(desk.Parallel, due.Count - start));

            // All of them end before a failure is passed on: what was sent must be known as sent.
            await Task.WhenAll(some.Select(fraud => desk.SendAsync(fraud.Alert, token)));

            var isLast = start + some.Count == due.Count;
            await RecordAsync(some, isLast ? predictions[^1] : some[^1].Prediction, token);
        }

        if (due.Count == 0)
            await RecordAsync(due, predictions[^1], token);
    }

    public void Dispose() => _rows.Dispose();

    List<Due> FraudsIn(IReadOnlyList<TopicRecord> predictions)
    {
        var due = new List<Due>();
        var ids = new HashSet<string>();
        foreach (var prediction in predictions)
        {
            _rows.Clear();
            if (_reader.TryRead(prediction.Value.Span, _rows) is { } reason)
                warn($"Nobody can be alerted of {prediction.Partition}, offset {prediction.Offset}: it is no prediction ({reason.Message})");
            else if (_rows.Fraud(0) && Alert.Of(_rows, 0, desk.Template) is var alert && ids.Add(alert.TransactionId))
                due.Add(new Due(alert, prediction));
        }

        return due;
    }

    async Task RecordAsync(List<Due> sent, TopicRecord last, CancellationToken token)
    {
        var records = new OutgoingRecords(Math.Max(1, sent.Count)) { Position = new GroupPosition(group, last.Partition, last.Offset + 1) };
        foreach (var (alert, prediction) in sent)
            desk.Record(alert, prediction.Key.Span, topic, records);
        await publish(records, token);
        foreach (var (alert, _) in sent)
        {
            desk.Forget(alert);
            counters.Alerted(alert.Line);
        }
    }
}
