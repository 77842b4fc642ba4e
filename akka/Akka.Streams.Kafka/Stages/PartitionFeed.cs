using Akka.Streams.Kafka.Messages;
using Confluent.Kafka;

namespace Akka.Streams.Kafka.Stages;

/// <summary>
/// Messages of one partition between the consumer's thread, which adds them, and the partition's source, which takes them. It also knows what
/// was taken and what was committed.
/// </summary>
internal sealed class PartitionFeed<TKey, TValue>(ConsumerRun<TKey, TValue> run, TopicPartition partition)
{
    readonly Lock _gate = new();
    readonly GroupTopicPartition _name = new(run.GroupId, partition.Topic, partition.Partition.Value);
    readonly Queue<ConsumeResult<TKey, TValue>> _messages = [];
    Action? _wake;
    long _taken = -1;
    long _committed = -1;
    bool _ended;
    Exception? _failure;

    public TopicPartition Partition => partition;

    /// <summary>The client library was told to fetch no more of this partition. The consumer's thread alone looks at this.</summary>
    public bool IsPaused { get; set; }

    /// <summary>The partition belongs to another consumer by now: nothing of it may be committed.</summary>
    public bool IsLost { get; private set; }

    public int Count
    {
        get
        {
            lock (_gate)
                return _messages.Count;
        }
    }

    public bool HasUncommitted
    {
        get
        {
            lock (_gate)
                return _taken > _committed;
        }
    }

    public void Add(ConsumeResult<TKey, TValue> message)
    {
        Action? wake;
        lock (_gate)
        {
            if (_ended)
                return;
            _messages.Enqueue(message);
            (wake, _wake) = (_wake, null);
        }

        wake?.Invoke();
    }

    /// <summary>The next message; null where there is none yet, and then <paramref name="wake"/> is called once there is one or there will be none.</summary>
    public CommittableMessage<TKey, TValue>? Take(Action wake, out bool ended, out Exception? failure)
    {
        ConsumeResult<TKey, TValue>? message;
        bool isLow;
        lock (_gate)
        {
            (ended, failure) = (_ended, _failure);
            if (!_messages.TryDequeue(out message))
            {
                if (!ended)
                    _wake = wake;
                return null;
            }

            _taken = message.Offset.Value;
            isLow = _messages.Count == run.LowWater;
        }

        if (isLow)
            run.SpaceAgain();
        return new CommittableMessage<TKey, TValue>(message, new CommittableOffset<TKey, TValue>(this, _name, message.Offset));
    }

    /// <summary>No more messages: what is not taken yet is dropped, it comes again to whoever has the partition next.</summary>
    public void End(Exception? failure = null, bool lost = false)
    {
        Action? wake;
        lock (_gate)
        {
            IsLost |= lost;
            if (_ended)
                return;
            (_ended, _failure) = (true, failure);
            _messages.Clear();
            (wake, _wake) = (_wake, null);
        }

        wake?.Invoke();
        run.SpaceAgain();
    }

    /// <summary>The partition's source has ended by itself.</summary>
    public void Abandon() => End();

    public Task CommitAsync(Offset offset) => run.CommitAsync(this, offset.Value);

    public void Committed(long offset)
    {
        lock (_gate)
            _committed = Math.Max(_committed, offset);
        run.SpaceAgain();
    }
}

internal sealed class CommittableOffset<TKey, TValue>(PartitionFeed<TKey, TValue> feed, GroupTopicPartition partition, Offset offset) : ICommittableOffset
{
    public GroupTopicPartitionOffset Offset => new(partition, offset);

    public long BatchSize => 1;

    public Task Commit() => feed.CommitAsync(offset);
}
