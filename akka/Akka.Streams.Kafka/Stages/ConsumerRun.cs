using Akka.Event;
using Akka.Streams.Kafka.Settings;
using Confluent.Kafka;
using Error = Confluent.Kafka.Error;

namespace Akka.Streams.Kafka.Stages;

/// <summary>
/// One running consumer on a thread of its own. It reads while every partition has room; where one stays full, it tells the client library to
/// fetch no more of that partition until half of it is gone, so that the others and the group's protocol go on.
/// </summary>
internal sealed class ConsumerRun<TKey, TValue>
{
    /// <summary>So long a full partition holds the others up before it is paused: pausing throws away what was fetched ahead.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    readonly ConsumerSettings<TKey, TValue> _settings;
    readonly string[] _topics;
    readonly Action<PartitionFeed<TKey, TValue>> _onAssigned;
    readonly Action<Exception> _onFailed;
    readonly ILoggingAdapter _log;
    readonly Dictionary<TopicPartition, PartitionFeed<TKey, TValue>> _feeds = [];

    /// <summary>What the client library was told to fetch no more of. It stays so for a partition that goes and comes back.</summary>
    readonly HashSet<TopicPartition> _paused = [];

    readonly object _space = new();
    readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    Error? _fault;
    OffsetCommits<TKey, TValue>? _commits;
    volatile bool _isClosing;
    bool _waitForCommits;

    public ConsumerRun(
        ConsumerSettings<TKey, TValue> settings, string[] topics, Action<PartitionFeed<TKey, TValue>> onAssigned, Action<Exception> onFailed, ILoggingAdapter log)
    {
        _settings = settings;
        _topics = topics;
        _onAssigned = onAssigned;
        _onFailed = onFailed;
        _log = log;
        GroupId = settings.GroupId;
    }

    public string GroupId { get; }

    public int LowWater => _settings.BufferSize / 2;

    public Task Closed => _closed.Task;

    public void Start() => new Thread(Run) { IsBackground = true, Name = $"kafka {GroupId}" }.Start();

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

    public Task CommitAsync(PartitionFeed<TKey, TValue> feed, long offset) =>
        _commits?.CommitAsync(feed, offset) ?? Task.FromException(new KafkaException(ErrorCode.Local_State));

    void Run()
    {
        try
        {
            using var consumer = Build();
            _commits = new OffsetCommits<TKey, TValue>(consumer);
            consumer.Subscribe(_topics);
            while (!_isClosing)
                Step(consumer);
            Finish(consumer);
        }
        catch (Exception e)
        {
            Fail(e);
        }
        finally
        {
            _closed.TrySetResult();
        }
    }

    IConsumer<TKey, TValue> Build()
    {
        var builder = new ConsumerBuilder<TKey, TValue>(_settings.Properties)
            .SetPartitionsAssignedHandler((_, partitions) => Assigned(partitions))
            .SetPartitionsRevokedHandler((_, partitions) => Revoked(partitions.ConvertAll(partition => partition.TopicPartition)))
            .SetPartitionsLostHandler((_, partitions) => Lost(partitions.ConvertAll(partition => partition.TopicPartition)))
            .SetErrorHandler((_, error) => OnError(error))
            .SetLogHandler((_, _) => { });
        if (_settings.KeyDeserializer is not null) builder.SetKeyDeserializer(_settings.KeyDeserializer);
        if (_settings.ValueDeserializer is not null) builder.SetValueDeserializer(_settings.ValueDeserializer);
        return builder.Build();
    }

    /// <summary>
    /// Reads what is there, and at most a buffer's worth: however much there is, an end, a fault and a paused partition that has room again are
    /// seen soon.
    /// </summary>
    void Step(IConsumer<TKey, TValue> consumer)
    {
        if (_fault is { } fault)
            throw new KafkaException(fault);
        MindSpace(consumer);
        var message = consumer.Consume(_settings.PollTimeout);
        for (var read = 1; message is not null; read++)
        {
            if (_feeds.TryGetValue(message.TopicPartition, out var feed))
                feed.Add(message);
            if (read >= _settings.BufferSize || feed is { Count: var count } && count >= _settings.BufferSize)
                return;
            message = consumer.Consume(TimeSpan.Zero);
        }
    }

    void MindSpace(IConsumer<TKey, TValue> consumer)
    {
        if (!Await(() => _isClosing || !Full().Any(), Patience))
        {
            foreach (var feed in Full())
            {
                consumer.Pause([feed.Partition]);
                _paused.Add(feed.Partition);
            }
        }

        foreach (var feed in _feeds.Values.Where(feed => _paused.Contains(feed.Partition) && feed.Count <= LowWater))
        {
            consumer.Resume([feed.Partition]);
            _paused.Remove(feed.Partition);
        }
    }

    IEnumerable<PartitionFeed<TKey, TValue>> Full() => _feeds.Values.Where(feed => !_paused.Contains(feed.Partition) && feed.Count >= _settings.BufferSize);

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

    void Assigned(List<TopicPartition> partitions)
    {
        foreach (var partition in partitions)
        {
            var feed = new PartitionFeed<TKey, TValue>(this, partition);
            _feeds[partition] = feed;
            _onAssigned(feed);
        }
    }

    /// <summary>What was taken may still be committed; the partition is held for it a while, so that the next consumer does not read it again.</summary>
    void Revoked(List<TopicPartition> partitions)
    {
        var feeds = Remove(partitions);
        foreach (var feed in feeds)
            feed.End();
        Await(() => !feeds.Any(feed => feed.HasUncommitted), _settings.WaitClosePartition);
        foreach (var feed in feeds)
            feed.End(lost: true);
    }

    void Lost(List<TopicPartition> partitions)
    {
        foreach (var feed in Remove(partitions))
            feed.End(lost: true);
    }

    List<PartitionFeed<TKey, TValue>> Remove(List<TopicPartition> partitions)
    {
        var feeds = new List<PartitionFeed<TKey, TValue>>();
        foreach (var partition in partitions)
        {
            if (_feeds.Remove(partition, out var feed))
                feeds.Add(feed);
        }

        return feeds;
    }

    void Finish(IConsumer<TKey, TValue> consumer)
    {
        var feeds = _feeds.Values.ToList();
        foreach (var feed in feeds)
            feed.End();
        if (_waitForCommits)
            Await(() => !feeds.Any(feed => feed.HasUncommitted), _settings.StopTimeout);
        foreach (var feed in feeds)
            feed.End(lost: true);
        _feeds.Clear();
        consumer.Close();
    }

    void Fail(Exception cause)
    {
        var failure = new KafkaException(
            new Error(
                (cause as KafkaException)?.Error.Code ?? ErrorCode.Local_Application,
                $"consuming {string.Join(", ", _topics)} in group {GroupId} from {_settings.GetProperty("bootstrap.servers")} failed: {cause.Message}"),
            cause);
        foreach (var feed in _feeds.Values)
            feed.End(failure, lost: true);
        _onFailed(failure);
    }

    /// <summary>The client library connects again by itself; what no new connection mends ends the consumer.</summary>
    void OnError(Error error)
    {
        if (error.IsFatal || error.Code is ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed or ErrorCode.Local_Ssl)
            _fault = error;
        else
            _log.Warning("The consumer of {0} in group {1}: {2}", string.Join(", ", _topics), GroupId, error.Reason);
    }
}
