using Confluent.Kafka;
using FraudStreams.Diagnostics;
using Microsoft.Extensions.Logging;
using Consumer = Confluent.Kafka.IConsumer<System.ReadOnlyMemory<byte>, System.ReadOnlyMemory<byte>>;
using Error = Confluent.Kafka.Error;
using KafkaPartition = Confluent.Kafka.TopicPartition;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// One running consumer of a group, on a thread of its own. It polls the client library while every partition has room, and hands the records over in a
/// chunk per partition. A partition that stays full is paused until half of its buffer is drained, so that the others and the group protocol go on.
/// </summary>
sealed class GroupConsumer
{
    /// <summary>Buffered per partition ahead of demand; a partition that is full stays paused until half of its buffer is drained.</summary>
    public const int BufferRecords = 2000;

    /// <inheritdoc cref="BufferRecords"/>
    public const long BufferBytes = 4 << 20;

    /// <summary>As Confluent's serialisers call it.</summary>
    const string SchemaIdHeader = "__value_schema_id";

    const int ChunkRecords = 1000;
    const long ChunkBytes = 1 << 20;

    /// <summary>How long one poll waits for records.</summary>
    static readonly TimeSpan PollTimeout = TimeSpan.FromMilliseconds(50);

    /// <summary>How long a full partition may hold up the others before it is paused: pausing discards what the client has prefetched.</summary>
    static readonly TimeSpan PauseAfter = TimeSpan.FromMilliseconds(250);

    readonly KafkaSettings _settings;
    readonly string _topic;
    readonly string _group;
    readonly int _partitions;
    readonly Action<AssignedPartition> _onAssigned;
    readonly Action<Exception> _onFailed;
    readonly ILogger _log;
    readonly ErrorThrottle _errors;
    readonly Dictionary<KafkaPartition, AssignedPartition> _assigned = [];

    /// <summary>The group's committed offset when the partition was assigned, until its first record arrives.</summary>
    readonly Dictionary<KafkaPartition, long> _expected = [];

    /// <summary>The partitions paused in the client library. A partition stays paused when it is revoked and assigned again.</summary>
    readonly HashSet<KafkaPartition> _paused = [];

    /// <summary>The records of the current poll, by partition.</summary>
    readonly Dictionary<KafkaPartition, List<TopicRecord>> _chunks = [];

    readonly object _changed = new();
    Error? _fault;
    OffsetCommits? _commits;
    volatile Consumer? _consumer;
    volatile bool _isClosing;
    bool _waitForCommits;

    /// <param name="partitions">The expected partition count. Partitions beyond it are not read: the mapping of cards to partitions would have changed.</param>
    public GroupConsumer(
        KafkaSettings settings, string topic, string group, int partitions, Action<AssignedPartition> onAssigned, Action<Exception> onFailed, ILogger log)
    {
        _settings = settings;
        _topic = topic;
        _group = group;
        _partitions = partitions;
        _onAssigned = onAssigned;
        _onFailed = onFailed;
        _log = log;
        _errors = new ErrorThrottle(log, $"The consumer of {topic} in group {settings.Prefix}{group} at {settings.BootstrapServers}", TimeProvider.System);
    }

    bool HasSchemaIds => _topic == _settings.SchemaIdTopic;

    public void Start() => _ = BlockingCall.RunAsync(Run);

    /// <param name="waitForCommits">Stays in the group until what was taken is committed, for at most the stop timeout.</param>
    public void Close(bool waitForCommits)
    {
        _waitForCommits = waitForCommits;
        _isClosing = true;
        Signal();
    }

    /// <summary>Wakes the consumer's thread, which may be waiting for this change. Not to be called while holding a lock that it takes.</summary>
    public void Signal()
    {
        lock (_changed)
            Monitor.PulseAll(_changed);
    }

    public Task CommitAsync(AssignedPartition partition, long nextOffset) =>
        _commits?.CommitAsync(partition, nextOffset) ?? Task.FromException(new KafkaException(ErrorCode.Local_State));

    /// <summary>The consumer's place in its group; null while it has none.</summary>
    public IConsumerGroupMetadata? Membership
    {
        get
        {
            try
            {
                return _isClosing ? null : _consumer?.ConsumerGroupMetadata;
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
        }
    }

    void Run()
    {
        try
        {
            using var consumer = Build();
            using var commits = new OffsetCommits(consumer.Commit, _settings.Timeout);
            _commits = commits;
            _consumer = consumer;
            consumer.Subscribe(_settings.Prefix + _topic);
            while (!_isClosing)
                Step(consumer);
            Finish(consumer);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    Consumer Build()
    {
        // One deserialiser for keys and values: both are copied into the same block.
        var bytes = new SharedBytes();
        return new ConsumerBuilder<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(_settings.ConsumerProperties(_settings.Prefix + _group, withHeaders: StreamTraces.IsOn || HasSchemaIds))
            .SetKeyDeserializer(bytes)
            .SetValueDeserializer(bytes)
            .SetPartitionsAssignedHandler(Assigned)
            .SetPartitionsRevokedHandler((_, partitions) => Revoked(partitions.ConvertAll(partition => partition.TopicPartition)))
            .SetPartitionsLostHandler((_, partitions) => Lost(partitions.ConvertAll(partition => partition.TopicPartition)))
            .SetErrorHandler((_, error) => OnError(error))
            .SetLogHandler((_, _) => { })
            .Build();
    }

    /// <summary>
    /// Reads what is available, up to a chunk's worth, so that a stop, a fault and a paused partition that has room again are noticed soon however
    /// much there is to read.
    /// </summary>
    void Step(Consumer consumer)
    {
        if (_fault is { } fault)
            throw new KafkaException(fault);
        UpdatePauses(consumer);
        var (records, bytes) = (0, 0L);
        for (var wait = PollTimeout; records < ChunkRecords && bytes < ChunkBytes; wait = TimeSpan.Zero)
        {
            if (Consume(consumer, wait) is not { } read)
                break;
            if (read.IsPartitionEOF)
            {
                HandOver(read.TopicPartition);
                if (_assigned.TryGetValue(read.TopicPartition, out var at))
                    at.ReachedEnd(read.Offset.Value);
                continue;
            }

            Collect(read);
            records++;
            bytes += read.Message.Key.Length + read.Message.Value.Length;
        }

        if (records > 0)
            _errors.Worked();
        foreach (var partition in _chunks.Keys)
            HandOver(partition);
    }

    /// <summary>A record whose bytes cannot be read fails the stream; transient broker errors are retried.</summary>
    static ConsumeResult<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>? Consume(Consumer consumer, TimeSpan wait)
    {
        try
        {
            return consumer.Consume(wait);
        }
        catch (ConsumeException e) when (BrokerErrors.IsTransient(e.Error.Code))
        {
            return null;
        }
    }

    void Collect(ConsumeResult<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> read)
    {
        if (!_assigned.ContainsKey(read.TopicPartition))
            return;
        if (!_chunks.TryGetValue(read.TopicPartition, out var chunk))
            _chunks[read.TopicPartition] = chunk = new List<TopicRecord>(ChunkRecords);
        var message = read.Message;
        chunk.Add(new TopicRecord(
            new TopicPartition(_topic, read.Partition.Value), read.Offset.Value, message.Key, message.Value, message.Timestamp.UnixTimestampMs)
        {
            TraceParent = TraceHeader.Of(message.Headers),
            SchemaId = HasSchemaIds && message.Headers is { Count: > 0 } headers && headers.TryGetLastBytes(SchemaIdHeader, out var id) ? id : null,
        });
    }

    void HandOver(KafkaPartition name)
    {
        if (!_chunks.TryGetValue(name, out var chunk) || chunk.Count == 0)
            return;
        if (_assigned.TryGetValue(name, out var partition))
        {
            if (_expected.Remove(name, out var expected) && chunk[0].Offset > expected)
                _ = WarnOfRetentionAsync(name, expected, chunk[0].Offset);
            partition.Add([.. chunk]);
        }

        chunk.Clear();
    }

    void UpdatePauses(Consumer consumer)
    {
        if (!WaitFor(() => _isClosing || !Full().Any(), PauseAfter))
        {
            foreach (var full in Full())
            {
                consumer.Pause([full.Name]);
                _paused.Add(full.Name);
            }
        }

        foreach (var low in _assigned.Values.Where(partition => _paused.Contains(partition.Name) && partition.IsLow))
        {
            consumer.Resume([low.Name]);
            _paused.Remove(low.Name);
        }
    }

    IEnumerable<AssignedPartition> Full() => _assigned.Values.Where(partition => !_paused.Contains(partition.Name) && partition.IsFull);

    /// <summary>False if the condition did not hold in time.</summary>
    bool WaitFor(Func<bool> condition, TimeSpan timeout)
    {
        var started = TimeProvider.System.GetTimestamp();
        lock (_changed)
        {
            while (!condition())
            {
                var left = timeout - TimeProvider.System.GetElapsedTime(started);
                if (left <= TimeSpan.Zero)
                    return false;
                Monitor.Wait(_changed, left);
            }
        }

        return true;
    }

    void Assigned(Consumer consumer, List<KafkaPartition> partitions)
    {
        foreach (var unknown in partitions.Where(partition => partition.Partition.Value >= _partitions))
            _log.LogError(
                "Topic {Topic} has a partition {Partition}, beyond the {Expected} expected: it is not read. See `fraudstreams health`",
                _topic, unknown.Partition.Value, _partitions);
        var own = partitions.Where(partition => partition.Partition.Value < _partitions).ToList();
        ReadCommittedOffsets(consumer, own);
        foreach (var name in own)
        {
            var partition = new AssignedPartition(this, name);
            _assigned[name] = partition;
            _onAssigned(partition);
        }
    }

    /// <summary>If retention has removed the committed offset, the client library resets the group to the earliest one without reporting it.</summary>
    void ReadCommittedOffsets(Consumer consumer, List<KafkaPartition> partitions)
    {
        try
        {
            foreach (var at in consumer.Committed(partitions, _settings.Timeout))
                _expected[at.TopicPartition] = Math.Max(0, at.Offset.Value);
        }
        catch (KafkaException e)
        {
            _log.LogDebug("The committed offsets of group {Group} are not known: {Reason}", _group, e.Error.Reason);
        }
    }

    async Task WarnOfRetentionAsync(KafkaPartition partition, long expected, long first)
    {
        try
        {
            using var admin = new KafkaAdmin(_settings);
            var bounds = await admin.BoundsAsync([partition], CancellationToken.None);
            var kept = Math.Min(first, bounds[0].First);
            if (kept > expected)
            {
                _log.LogWarning(
                    "Retention removed {Records} records of {Topic}, partition {Partition}, before group {Group} read them: it continues at offset {Offset}",
                    kept - expected, _topic, partition.Partition.Value, _group, first);
            }
        }
        catch (MessageLogException e)
        {
            _log.LogDebug("Whether retention removed unread records of {Topic} is not known: {Reason}", _topic, e.Message);
        }
    }

    /// <summary>Waits up to the revoke timeout for records already taken to be committed, so that the next consumer does not read them again.</summary>
    void Revoked(List<KafkaPartition> partitions)
    {
        var revoked = Remove(partitions);
        foreach (var partition in revoked)
            partition.End();
        WaitFor(() => !revoked.Any(partition => partition.HasUncommitted), _settings.RevokeTimeout);
        foreach (var partition in revoked)
            partition.End(lost: true);
    }

    void Lost(List<KafkaPartition> partitions)
    {
        foreach (var partition in Remove(partitions))
            partition.End(lost: true);
    }

    List<AssignedPartition> Remove(List<KafkaPartition> partitions)
    {
        var removed = new List<AssignedPartition>();
        foreach (var name in partitions)
        {
            _chunks.Remove(name);
            _expected.Remove(name);
            if (_assigned.Remove(name, out var partition))
                removed.Add(partition);
        }

        return removed;
    }

    void Finish(Consumer consumer)
    {
        var all = _assigned.Values.ToList();
        foreach (var partition in all)
            partition.End();
        if (_waitForCommits)
            WaitFor(() => !all.Any(partition => partition.HasUncommitted), _settings.StopTimeout);
        foreach (var partition in all)
            partition.End(lost: true);
        _assigned.Clear();
        consumer.Close();
    }

    void Fail(Exception cause)
    {
        var failure = new MessageLogException($"consuming {_topic} in group {_group} from {_settings.BootstrapServers} failed: {cause.Message}", cause);
        foreach (var partition in _assigned.Values)
            partition.End(failure, lost: true);
        _onFailed(failure);
    }

    /// <summary>The client library reconnects by itself; errors that no reconnect can fix end the consumer.</summary>
    void OnError(Error error)
    {
        if (error.IsFatal || error.Code is ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed or ErrorCode.Local_Ssl)
            _fault = error;
        else
            _errors.Warn(error.Reason);
    }

    /// <summary>
    /// Copies keys and values of many records into shared blocks, below the large object heap's threshold, so that read chunks are collected in
    /// generation 0. For one thread.
    /// </summary>
    sealed class SharedBytes : IDeserializer<ReadOnlyMemory<byte>>
    {
        const int BlockBytes = 64 * 1024;

        byte[] _block = [];
        int _used;

        public ReadOnlyMemory<byte> Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
        {
            if (data.Length > _block.Length - _used)
                (_block, _used) = (GC.AllocateUninitializedArray<byte>(Math.Max(data.Length, BlockBytes)), 0);
            data.CopyTo(_block.AsSpan(_used));
            var copied = _block.AsMemory(_used, data.Length);
            _used += data.Length;
            return copied;
        }
    }
}
