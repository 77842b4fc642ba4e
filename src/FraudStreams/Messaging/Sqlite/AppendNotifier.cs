using FraudStreams.Sqlite;

namespace FraudStreams.Messaging.Sqlite;

/// <summary>
/// Wakes readers that wait at the end of a partition: at once after an append of this process, and after appends of other processes by polling the
/// file's change counter (PRAGMA data_version) while a reader waits.
/// </summary>
internal sealed class AppendNotifier : IAsyncDisposable
{
    readonly Dictionary<TopicPartition, Signal> _signals;
    readonly EmbeddedLogSettings _settings;
    readonly ITimer _poll;
    SqliteFile? _file;
    SqliteStatement? _dataVersion;
    long _seenVersion = -1;
    int _waiting;

    public AppendNotifier(EmbeddedLogSettings settings, IEnumerable<TopicPartition> partitions, TimeProvider time)
    {
        _settings = settings;
        _signals = partitions.ToDictionary(partition => partition, _ => new Signal());
        _poll = time.CreateTimer(_ => Poll(), null, settings.PollInterval, settings.PollInterval);
    }

    sealed class Signal
    {
        volatile TaskCompletionSource _source = NewSource();

        public Task Task => _source.Task;

        public void Set()
        {
            if (!_source.Task.IsCompleted) Interlocked.Exchange(ref _source, NewSource()).TrySetResult();
        }

        static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Call before reading: the task completes at the next append after the call, so an append between the read and the wait is not missed.</summary>
    public Task Next(TopicPartition partition) => _signals[partition].Task;

    public async Task WaitAsync(Task next, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await next.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Set(TopicPartition partition) => _signals[partition].Set();

    public async ValueTask DisposeAsync()
    {
        await _poll.DisposeAsync();
        _file?.Dispose();
        SetAll();
    }

    void SetAll()
    {
        foreach (var signal in _signals.Values) signal.Set();
    }

    void Poll()
    {
        if (Volatile.Read(ref _waiting) == 0 || !Monitor.TryEnter(_signals)) return;

        try
        {
            _file ??= LogFile.OpenForReading(_settings);
            _dataVersion ??= _file.Prepare("PRAGMA data_version");
            var version = _dataVersion.LongOr(0);
            if (version == _seenVersion) return;

            _seenVersion = version;
            SetAll();
        }
        catch (SqliteFileException)
        {
            // The waiting readers run into the same fault themselves and report it.
            SetAll();
        }
        finally
        {
            Monitor.Exit(_signals);
        }
    }
}
