using Confluent.Kafka;
using FraudStreams.Diagnostics;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// Commits one request to the broker at a time, on a thread of its own, since the client library waits for the answer: what is asked for while
/// one is under way goes out together with the next, the highest offset of each partition.
/// </summary>
sealed class OffsetCommits(Action<IEnumerable<TopicPartitionOffset>> commit, TimeSpan timeout) : IDisposable
{
    readonly object _gate = new();
    readonly CancellationTokenSource _closed = new();
    List<Wanted> _wanted = [];
    bool _isUnderWay;

    sealed record Wanted(AssignedPartition Partition, long NextOffset, TaskCompletionSource Done);

    /// <param name="nextOffset">What the group's position becomes.</param>
    public Task CommitAsync(AssignedPartition partition, long nextOffset)
    {
        var wanted = new Wanted(partition, nextOffset, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            if (_closed.IsCancellationRequested)
                return Task.FromException(new KafkaException(ErrorCode.Local_State));
            _wanted.Add(wanted);
            if (_isUnderWay)
                return wanted.Done.Task;
            _isUnderWay = true;
        }

        _ = BlockingCall.RunAsync(Work);
        return wanted.Done.Task;
    }

    /// <summary>Waits until no commit is under way, since the client must not be closed while it is used.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed.Cancel();
            while (_isUnderWay)
                Monitor.Wait(_gate);
        }
    }

    void Work()
    {
        while (true)
        {
            List<Wanted> round;
            lock (_gate)
            {
                if (_wanted.Count == 0)
                {
                    _isUnderWay = false;
                    Monitor.PulseAll(_gate);
                    return;
                }

                (round, _wanted) = (_wanted, []);
            }

            foreach (var lost in round.Where(wanted => wanted.Partition.IsLost))
                lost.Done.TrySetException(new KafkaException(new Error(ErrorCode.Local_State, $"{lost.Partition.Name} was given to another consumer")));
            round.RemoveAll(wanted => wanted.Partition.IsLost);
            if (round.Count > 0)
                Commit(round);
        }
    }

    void Commit(List<Wanted> round)
    {
        try
        {
            var offsets = round.GroupBy(wanted => wanted.Partition.Name)
                .Select(of => new TopicPartitionOffset(of.Key, of.Max(wanted => wanted.NextOffset))).ToArray();
            BrokerErrors.Retry(() => commit(offsets), timeout, _closed.Token);
            foreach (var wanted in round)
            {
                wanted.Partition.Committed(wanted.NextOffset);
                wanted.Done.TrySetResult();
            }
        }
        catch (Exception e) when (e is KafkaException or OperationCanceledException)
        {
            foreach (var wanted in round)
                wanted.Done.TrySetException(e);
        }
    }
}
