namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// A partition while it is assigned to this consumer: a queue of chunks between the consumer's thread, which adds them, and the partition's source,
/// which takes them; and the offsets up to which it was received, taken and committed, each that of the next record.
/// </summary>
sealed class AssignedPartition(GroupConsumer consumer, Confluent.Kafka.TopicPartition name) : IKafkaPartition
{
    readonly Lock _gate = new();
    readonly Queue<IReadOnlyList<TopicRecord>> _chunks = [];
    Action? _wake;
    Action? _onEnd;
    int _records;
    long _bytes;
    long _received = -1;
    long _taken = -1;
    long _committed = -1;
    long _end = -1;
    bool _ended;
    bool _isAbandoned;
    bool _isHeld;

    public Confluent.Kafka.TopicPartition Name => name;

    /// <summary>The partition may be assigned to another consumer by now: none of its offsets may be committed.</summary>
    public bool IsLost { get; private set; }

    public bool IsEnded
    {
        get
        {
            lock (_gate)
                return _ended;
        }
    }

    /// <summary>The failure that ended it; null for any other end.</summary>
    public Exception? Failure { get; private set; }

    public bool IsFull
    {
        get
        {
            lock (_gate)
                return _records >= GroupConsumer.BufferRecords || _bytes >= GroupConsumer.BufferBytes;
        }
    }

    public bool IsLow
    {
        get
        {
            lock (_gate)
                return _records <= GroupConsumer.BufferRecords / 2 && _bytes <= GroupConsumer.BufferBytes / 2;
        }
    }

    public bool HasUncommitted
    {
        get
        {
            lock (_gate)
                return _isHeld || (!_isAbandoned && _taken > _committed);
        }
    }

    public void Add(IReadOnlyList<TopicRecord> chunk)
    {
        Action? wake;
        lock (_gate)
        {
            if (_ended)
                return;
            _chunks.Enqueue(chunk);
            _records += chunk.Count;
            _bytes += BytesOf(chunk);
            _received = chunk[^1].Offset + 1;
            (wake, _wake) = (_wake, null);
        }

        wake?.Invoke();
    }

    /// <summary>
    /// Everything before this offset was received. Where offsets without records follow the last record (a transaction's marker, say), they are committed
    /// together with that record, or now if it is committed already.
    /// </summary>
    public void ReachedEnd(long end)
    {
        lock (_gate)
        {
            _end = end;
            if (_ended || _committed < _received || _taken < _received || end <= _committed || end == 0)
                return;
        }

        _ = consumer.CommitAsync(this, end);
    }

    /// <summary>Calls the action when there will be no more chunks; at once if it has ended already.</summary>
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

    /// <summary>The next chunk; null if there is none yet, and then <paramref name="wake"/> is called once there is one.</summary>
    public IReadOnlyList<TopicRecord>? Take(Action wake)
    {
        IReadOnlyList<TopicRecord>? chunk;
        lock (_gate)
        {
            if (!_chunks.TryDequeue(out chunk))
            {
                _wake = wake;
                return null;
            }

            _records -= chunk.Count;
            _bytes -= BytesOf(chunk);
            _taken = chunk[^1].Offset + 1;
        }

        consumer.Signal();
        return chunk;
    }

    /// <summary>Ends the chunks: those not taken yet are dropped, the partition's next owner reads them again.</summary>
    public void End(Exception? failure = null, bool lost = false)
    {
        Action? onEnd;
        lock (_gate)
        {
            IsLost |= lost;
            if (_ended)
                return;
            (_ended, Failure) = (true, failure);
            _chunks.Clear();
            _wake = null;
            onEnd = _onEnd;
        }

        onEnd?.Invoke();
        consumer.Signal();
    }

    /// <summary>
    /// A batch may have been read before the partition was revoked and assigned again: only offsets taken since are committed, the rest was, or will be,
    /// read again.
    /// </summary>
    public Task CommitAsync(long nextOffset)
    {
        var next = ToCommit(nextOffset);
        lock (_gate)
        {
            if (next <= _committed)
                return Task.CompletedTask;
        }

        return consumer.CommitAsync(this, next);
    }

    public void Abandon()
    {
        lock (_gate)
            _isAbandoned = true;
        consumer.Signal();
    }

    public bool TryHold()
    {
        lock (_gate)
            return !_ended && (_isHeld = true);
    }

    public void Release()
    {
        lock (_gate)
            _isHeld = false;
        consumer.Signal();
    }

    public Confluent.Kafka.IConsumerGroupMetadata Membership =>
        consumer.Membership ?? throw new PartitionRevokedException(name.Partition.Value, $"{name} is given back: its consumer stops");

    public long ToCommit(long nextOffset)
    {
        lock (_gate)
        {
            var next = Math.Min(nextOffset, _taken);
            return next == _received && _end > next ? _end : next;
        }
    }

    public void Committed(long nextOffset)
    {
        long end;
        lock (_gate)
        {
            _committed = Math.Max(_committed, nextOffset);

            // That the end lies behind the last record was heard while the commit of that was on its way.
            end = !_ended && _committed >= _received && _end > _committed ? _end : -1;
        }

        consumer.Signal();
        if (end > 0)
            _ = consumer.CommitAsync(this, end);
    }

    static long BytesOf(IReadOnlyList<TopicRecord> chunk)
    {
        var bytes = 0L;
        for (var record = 0; record < chunk.Count; record++)
            bytes += chunk[record].Key.Length + chunk[record].Value.Length;
        return bytes;
    }
}
