using Confluent.Kafka;

namespace Akka.Streams.Kafka.Stages;

/// <summary>
/// Commits one request to the broker at a time, on a thread of its own, since the client library waits for the answer: what is asked for while
/// one is under way goes out together with the next, the highest offset of each partition.
/// </summary>
internal sealed class OffsetCommits<TKey, TValue>(IConsumer<TKey, TValue> consumer)
{
    readonly Lock _gate = new();
    List<Wanted> _wanted = [];
    bool _isUnderWay;

    sealed record Wanted(PartitionFeed<TKey, TValue> Feed, long Offset, TaskCompletionSource Done);

    /// <param name="offset">Of the last message that is done with; the group's position becomes the one after it.</param>
    public Task CommitAsync(PartitionFeed<TKey, TValue> feed, long offset)
    {
        var wanted = new Wanted(feed, offset, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            _wanted.Add(wanted);
            if (_isUnderWay)
                return wanted.Done.Task;
            _isUnderWay = true;
        }

        new Thread(Work) { IsBackground = true, Name = "kafka commits" }.Start();
        return wanted.Done.Task;
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
                    return;
                }

                (round, _wanted) = (_wanted, []);
            }

            foreach (var lost in round.Where(wanted => wanted.Feed.IsLost))
                lost.Done.TrySetException(new KafkaException(new Error(ErrorCode.Local_State, $"{lost.Feed.Partition} was given to another consumer")));
            round.RemoveAll(wanted => wanted.Feed.IsLost);
            if (round.Count > 0)
                Commit(round);
        }
    }

    void Commit(List<Wanted> round)
    {
        try
        {
            consumer.Commit(round.GroupBy(wanted => wanted.Feed.Partition).Select(of => new TopicPartitionOffset(of.Key, of.Max(wanted => wanted.Offset) + 1)));
            foreach (var wanted in round)
            {
                wanted.Feed.Committed(wanted.Offset);
                wanted.Done.TrySetResult();
            }
        }
        catch (Exception e) when (e is KafkaException or ObjectDisposedException)
        {
            foreach (var wanted in round)
                wanted.Done.TrySetException(e);
        }
    }
}
