using FraudStreams.Messaging;

namespace FraudStreams.Rekeying;

/// <summary>What a partition of a topic of others sends to the merge: its chunks, and before and after them that it has come or gone.</summary>
/// <param name="Chunk">Null at the beginning and at the end.</param>
/// <param name="IsEnd">The partition has gone.</param>
readonly record struct PartitionEvent(PartitionQueue Queue, SourceChunk? Chunk, bool IsEnd = false);

/// <summary>
/// The chunks of one partition that wait to be merged: at most <see cref="MostChunks"/>, after which the partition is not read on, so that a partition far ahead
/// of the others costs no memory.
/// </summary>
sealed class PartitionQueue(TopicPartition partition)
{
    const int MostChunks = 4;

    readonly Queue<SourceChunk> _chunks = [];
    readonly Lock _gate = new();
    TaskCompletionSource? _waiting;
    int _reserved;
    long _received;
    volatile bool _hasEnded;

    public TopicPartition Partition => partition;

    /// <summary>The chunk whose records are next; null where nothing waits.</summary>
    public SourceChunk? Head => _chunks.TryPeek(out var head) ? head : null;

    /// <summary>Since when nothing waits, as a timestamp.</summary>
    public long EmptySince { get; set; }

    /// <summary>The offset up to which the log has records that came or will come.</summary>
    public long End { get; set; } = long.MaxValue;

    /// <summary>The log has more of it than came, as far as is known.</summary>
    public bool IsBehind => _received < End;

    /// <summary>The partition is this process's no longer, or the stream stops.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>Waits until there is room for one more chunk, which <see cref="Add"/> then takes. One caller at a time.</summary>
    public Task ReserveAsync()
    {
        lock (_gate)
        {
            if (++_reserved <= MostChunks || _hasEnded)
                return Task.CompletedTask;
            _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiting.Task;
        }
    }

    public void Add(SourceChunk chunk)
    {
        _chunks.Enqueue(chunk);
        _received = chunk.Next;
    }

    /// <summary>The next record; the chunk leaves with its last.</summary>
    public SourceRecord Take()
    {
        var record = _chunks.Peek().Take() with { Queue = this };
        if (record.IsLast)
        {
            _chunks.Dequeue();
            GoOn(room: 1);
        }

        return record;
    }

    /// <summary>Any thread may call. What waits for room waits no longer.</summary>
    public void HasGone()
    {
        _hasEnded = true;
        GoOn(room: 0);
    }

    void GoOn(int room)
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            _reserved -= room;
            (waiting, _waiting) = (_waiting, null);
        }

        waiting?.TrySetResult();
    }
}
