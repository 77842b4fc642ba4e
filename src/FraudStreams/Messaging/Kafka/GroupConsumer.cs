using Akka.Event;
using Confluent.Kafka;
using FraudStreams.Diagnostics;
using FraudStreams.Topics;
using Consumer = Confluent.Kafka.IConsumer<System.ReadOnlyMemory<byte>, System.ReadOnlyMemory<byte>>;
using Error = Confluent.Kafka.Error;
using KafkaPartition = Confluent.Kafka.TopicPartition;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// One running consumer of a group on a thread of its own. It takes from the client library what is there, a chunk a partition, while every partition has
/// room; where one stays full, it tells the library to fetch no more of that partition until half of it is gone, so that the others and the group's
/// protocol go on.
/// </summary>
sealed class GroupConsumer
{
    /// <summary>Kept for each partition ahead of demand; past this nothing more of the partition is taken until half of it is gone.</summary>
    public const int BufferRecords = 2000;

    /// <inheritdoc cref="BufferRecords"/>
    public const long BufferBytes = 4 << 20;

    const int ChunkRecords = 1000;
    const long ChunkBytes = 1 << 20;

    /// <summary>How long one look for records waits.</summary>
    static readonly TimeSpan PollTimeout = TimeSpan.FromMilliseconds(50);

    /// <summary>So long a full partition holds the others up before it is paused: pausing throws away what was fetched ahead.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    readonly KafkaSettings _settings;
    readonly string _topic;
    readonly string _group;
    readonly int _partitions;
    readonly Action<AssignedPartition> _onAssigned;
    readonly Action<Exception> _onFailed;
    readonly ILoggingAdapter _log;
    readonly ErrorThrottle _errors;
    readonly Dictionary<KafkaPartition, AssignedPartition> _assigned = [];

    /// <summary>What the group stood at when the partition was assigned, until its first record is there.</summary>
    readonly Dictionary<KafkaPartition, long> _expected = [];

    /// <summary>What the client library was told to fetch no more of. It stays so for a partition that goes and comes back.</summary>
    readonly HashSet<KafkaPartition> _paused = [];

    /// <summary>What this look has read of each partition so far.</summary>
    readonly Dictionary<KafkaPartition, List<TopicRecord>> _chunks = [];

    readonly object _space = new();
    Error? _fault;
    OffsetCommits? _commits;
    volatile bool _isClosing;
    bool _waitForCommits;

    /// <param name="partitions">How many the topic is to have. A partition past them is left alone: which card is in which partition would have changed.</param>
    public GroupConsumer(
        KafkaSettings settings, string topic, string group, int partitions, Action<AssignedPartition> onAssigned, Action<Exception> onFailed, ILoggingAdapter log)
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

    public void Start() => _ = BlockingCall.RunAsync(Run);

    /// <param name="waitForCommits">Keeps the place in the group until what was taken is committed, for as long as the settings say.</param>
    public void Close(bool waitForCommits)
    {
        _waitForCommits = waitForCommits;
        _isClosing = true;
        SpaceAgain();
    }

    /// <summary>Something that the consumer's thread may wait for has happened. Not to be called with a lock that it takes.</summary>
    public void SpaceAgain()
    {
        lock (_space)
            Monitor.PulseAll(_space);
    }

    public Task CommitAsync(AssignedPartition partition, long nextOffset) =>
        _commits?.CommitAsync(partition, nextOffset) ?? Task.FromException(new KafkaException(ErrorCode.Local_State));

    void Run()
    {
        try
        {
            using var consumer = Build();
            using var commits = new OffsetCommits(consumer.Commit, _settings.Timeout);
            _commits = commits;
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
        // One for keys and values: both are copied into the same piece of memory.
        var bytes = new SharedBytes();
        return new ConsumerBuilder<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(_settings.ConsumerProperties(_settings.Prefix + _group))
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
    /// Reads what is there, and at most a chunk's worth: however much there is, an end, a fault and a paused partition that has room again are
    /// seen soon.
    /// </summary>
    void Step(Consumer consumer)
    {
        if (_fault is { } fault)
            throw new KafkaException(fault);
        MindSpace(consumer);
        var (records, bytes) = (0, 0L);
        for (var wait = PollTimeout; records < ChunkRecords && bytes < ChunkBytes; wait = TimeSpan.Zero)
        {
            if (Consume(consumer, wait) is not { } read)
                break;
            if (read.IsPartitionEOF)
            {
                HandOver(read.TopicPartition);
                if (_assigned.TryGetValue(read.TopicPartition, out var at))
                    at.MetEnd(read.Offset.Value);
                continue;
            }

            Collect(read);
            records++;
            bytes += read.Message.Key.Length + read.Message.Value.Length;
        }

        foreach (var partition in _chunks.Keys)
            HandOver(partition);
    }

    /// <summary>A record whose own bytes cannot be read fails the stream; what a broker means to be tried again is.</summary>
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
            new TopicPartition(_topic, read.Partition.Value), read.Offset.Value, message.Key, message.Value, message.Timestamp.UnixTimestampMs));
    }

    void HandOver(KafkaPartition name)
    {
        if (!_chunks.TryGetValue(name, out var chunk) || chunk.Count == 0)
            return;
        if (_assigned.TryGetValue(name, out var partition))
        {
            if (_expected.Remove(name, out var expected) && chunk[0].Offset > expected)
                _ = TellOfRetentionAsync(name, expected, chunk[0].Offset);
            partition.Add([.. chunk]);
        }

        chunk.Clear();
    }

    void MindSpace(Consumer consumer)
    {
        if (!Await(() => _isClosing || !Full().Any(), Patience))
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

    /// <summary>False when it did not become so in time.</summary>
    bool Await(Func<bool> condition, TimeSpan patience)
    {
        var started = TimeProvider.System.GetTimestamp();
        lock (_space)
        {
            while (!condition())
            {
                var left = patience - TimeProvider.System.GetElapsedTime(started);
                if (left <= TimeSpan.Zero)
                    return false;
                Monitor.Wait(_space, left);
            }
        }

        return true;
    }

    void Assigned(Consumer consumer, List<KafkaPartition> partitions)
    {
        foreach (var unknown in partitions.Where(partition => partition.Partition.Value >= _partitions))
            _log.Error("Topic {Topic} has a partition {Partition} and was to have {Expected}: it is not read. See `fraudstreams health`", _topic, unknown.Partition.Value, _partitions);
        var own = partitions.Where(partition => partition.Partition.Value < _partitions).ToList();
        NotePositions(consumer, own);
        foreach (var name in own)
        {
            var partition = new AssignedPartition(this, name);
            _assigned[name] = partition;
            _onAssigned(partition);
        }
    }

    /// <summary>A group whose position the log no longer reaches is put at its beginning by the client library, without a word.</summary>
    void NotePositions(Consumer consumer, List<KafkaPartition> partitions)
    {
        try
        {
            foreach (var at in consumer.Committed(partitions, _settings.Timeout))
                _expected[at.TopicPartition] = Math.Max(0, at.Offset.Value);
        }
        catch (KafkaException e)
        {
            _log.Debug("Where group {Group} stood is not known: {Reason}", _group, e.Error.Reason);
        }
    }

    async Task TellOfRetentionAsync(KafkaPartition partition, long expected, long first)
    {
        try
        {
            using var admin = new KafkaAdmin(_settings);
            var bounds = await admin.BoundsAsync([partition], CancellationToken.None);
            var kept = Math.Min(first, bounds[0].First);
            if (kept > expected)
            {
                _log.Warning("Retention took {Records} records of {Topic}, partition {Partition}, before group {Group} read them: it goes on at offset {Offset}",
                    kept - expected, _topic, partition.Partition.Value, _group, first);
            }
        }
        catch (MessageLogException e)
        {
            _log.Debug("Whether retention took records of {Topic} is not known: {Reason}", _topic, e.Message);
        }
    }

    /// <summary>What was taken may still be committed; the partition is held for it a while, so that the next consumer does not read it again.</summary>
    void Revoked(List<KafkaPartition> partitions)
    {
        var revoked = Remove(partitions);
        foreach (var partition in revoked)
            partition.End();
        Await(() => !revoked.Any(partition => partition.HasUncommitted), _settings.RevokeTimeout);
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
            Await(() => !all.Any(partition => partition.HasUncommitted), _settings.StopTimeout);
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

    /// <summary>The client library connects again by itself; what no new connection mends ends the consumer.</summary>
    void OnError(Error error)
    {
        if (error.IsFatal || error.Code is ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed or ErrorCode.Local_Ssl)
            _fault = error;
        else
            _errors.Warn(error.Reason);
    }

    /// <summary>
    /// Copies keys and values of many records into pieces of memory that they share; under the limit of the large object heap, so that what a chunk
    /// leaves behind is collected with the youngest. For one thread.
    /// </summary>
    sealed class SharedBytes : IDeserializer<ReadOnlyMemory<byte>>
    {
        const int PieceBytes = 64 * 1024;

        byte[] _piece = [];
        int _used;

        public ReadOnlyMemory<byte> Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
        {
            if (data.Length > _piece.Length - _used)
                (_piece, _used) = (GC.AllocateUninitializedArray<byte>(Math.Max(data.Length, PieceBytes)), 0);
            data.CopyTo(_piece.AsSpan(_used));
            var copied = _piece.AsMemory(_used, data.Length);
            _used += data.Length;
            return copied;
        }
    }
}
