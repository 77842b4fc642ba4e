using Akka.Streams.Kafka.Messages;

namespace FraudStreams.Topics.Kafka;

/// <summary>What was read of a partition, since it was given to this process, and is not committed, in order.</summary>
sealed class UncommittedOffsets
{
    readonly Queue<ICommittableOffset> _offsets = [];

    /// <summary>What becomes of what was read, in the same order.</summary>
    public PublishLine Line { get; } = new();

    /// <summary>The partition's source has ended: it may belong to another consumer by now.</summary>
    public bool IsEnded { get; private set; }

    public void Add(ICommittableOffset offset)
    {
        lock (_offsets)
            _offsets.Enqueue(offset);
    }

    public ICommittableOffset? TakeUpTo(long offset)
    {
        lock (_offsets)
        {
            ICommittableOffset? last = null;
            while (_offsets.TryPeek(out var next) && next.Offset.Offset.Value <= offset)
                last = _offsets.Dequeue();
            return last;
        }
    }

    public void End() => IsEnded = true;
}
