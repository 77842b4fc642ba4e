using Confluent.Kafka;
using FraudStreams.Diagnostics;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// Sends one commit request to the broker at a time, on a thread of its own, since the client library blocks until the answer. Commits requested
/// meanwhile are merged into the next request, with the highest offset of each partition.
/// </summary>
sealed class OffsetCommits(Action<IEnumerable<TopicPartitionOffset>> commit, TimeSpan timeout) : IDisposable
{
    readonly object _gate = new();
    readonly CancellationTokenSource _closed = new();
    List<PendingCommit> _pending = [];
    bool _isRunning;

    sealed record PendingCommit(AssignedPartition Partition, long NextOffset, TaskCompletionSource Done);

    /// <param name="nextOffset">The group's new committed offset.</param>
    public Task CommitAsync(AssignedPartition partition, long nextOffset)
    {
        var pending = new PendingCommit(partition, nextOffset, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            if (_closed.IsCancellationRequested)
                return Task.FromException(new KafkaException(ErrorCode.Local_State));
            _pending.Add(pending);
            if (_isRunning)
                return pending.Done.Task;
            _isRunning = true;
        }

        _ = BlockingCall.RunAsync(Work);
        return pending.Done.Task;
    }

    /// <summary>Waits until no commit is in flight, since the client must not be closed while it is in use.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed.Cancel();
            while (_isRunning)
                Monitor.Wait(_gate);
        }
    }

    void Work()
    {
        while (true)
        {
            List<PendingCommit> round;
            lock (_gate)
            {
                if (_pending.Count == 0)
                {
                    _isRunning = false;
                    Monitor.PulseAll(_gate);
                    return;
                }

                (round, _pending) = (_pending, []);
            }

            foreach (var lost in round.Where(pending => pending.Partition.IsLost))
                lost.Done.TrySetException(new KafkaException(new Error(ErrorCode.Local_State, $"{lost.Partition.Name} was assigned to another consumer")));
            round.RemoveAll(pending => pending.Partition.IsLost);
            if (round.Count > 0)
                Commit(round);
        }
    }

    void Commit(List<PendingCommit> round)
    {
        try
        {
            var offsets = round.GroupBy(pending => pending.Partition.Name)
                .Select(of => new TopicPartitionOffset(of.Key, of.Max(pending => pending.NextOffset))).ToArray();
            BrokerErrors.Retry(() => commit(offsets), timeout, _closed.Token);
            foreach (var pending in round)
            {
                pending.Partition.Committed(pending.NextOffset);
                pending.Done.TrySetResult();
            }
        }
        catch (Exception e) when (e is KafkaException or OperationCanceledException)
        {
            foreach (var pending in round)
                pending.Done.TrySetException(e);
        }
    }
}
