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
    Action? _onEnd;
    long _taken = -1;
    long _committed = -1;
    bool _ended;

    public TopicPartition Partition => partition;

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

    /// <summary>Why it ended, or null for an end that is no failure.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Has this called when there will be no more messages, at once where that is so already.</summary>
    public void OnEnd(Action action)
    {
        lock (_gate)
        {
            if (!_ended)
            {
                _onEnd = action;
                return;
            }
        }

        action();
    }

    /// <summary>The next message; null where there is none yet, and then <paramref name="wake"/> is called once there is one.</summary>
    public CommittableMessage<TKey, TValue>? Take(Action wake)
    {
        ConsumeResult<TKey, TValue>? message;
        bool isLow;
        lock (_gate)
        {
            if (!_messages.TryDequeue(out message))
            {
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
        Action? onEnd;
        lock (_gate)
        {
            IsLost |= lost;
            if (_ended)
                return;
            (_ended, Failure) = (true, failure);
            _messages.Clear();
            _wake = null;
            onEnd = _onEnd;
        }

        onEnd?.Invoke();
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
