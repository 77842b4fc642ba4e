using System.Threading.Channels;
using FraudStreams.Sqlite;

namespace FraudStreams.Messaging.Sqlite;

/// <summary>
/// The only writer of this process. It writes all waiting requests in one transaction and completes them after the commit: many publishers share one
/// fsync. Requests are served in order, so an offset query sees every publish before it.
/// </summary>
internal sealed class LogWriter : IAsyncDisposable
{
    /// <summary>Longer waits for a lock do not block a thread.</summary>
    public static readonly TimeSpan MaxBlockingWait = TimeSpan.FromMilliseconds(20);

    // Limits of one transaction, so that neither the write-ahead log nor the first publisher's wait grows with the queue.
    const int GroupBytes = 8 * 1024 * 1024;
    const int GroupRequests = 256;

    readonly EmbeddedLogSettings _settings;
    readonly AppendNotifier _signals;
    readonly TimeProvider _time;
    readonly Channel<Request> _queue = Channel.CreateUnbounded<Request>(new UnboundedChannelOptions { SingleReader = true });
    readonly List<Request> _taken = [];
    readonly Task _loop;
    readonly ITimer _upkeep;
    LogAppender? _appender;

    public LogWriter(EmbeddedLogSettings settings, LogAppender appender, AppendNotifier signals, TimeProvider time)
    {
        _settings = settings;
        _appender = appender;
        _signals = signals;
        _time = time;
        _loop = Task.Run(RunAsync);
        _upkeep = time.CreateTimer(_ => _queue.Writer.TryWrite(Upkeep), null, settings.Retention.Interval, settings.Retention.Interval);
    }

    static readonly Request Upkeep = new(null, null, false);

    /// <summary>A batch to append, or a query for a committed offset (with Register, an unknown group is registered).</summary>
    sealed record Request(RecordBatch? Records, (string Group, TopicPartition Partition)? Query, bool Register)
    {
        public TaskCompletionSource<long> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long Answer { get; set; }

        public MessageLogException? Refusal { get; set; }
    }

    /// <summary>Completes when the batch and its offset are durable. The batch is disposed then, and also on failure.</summary>
    public async Task<int> PublishAsync(RecordBatch records)
    {
        var count = records.Count;
        await Enqueue(new Request(records, null, false));
        return count;
    }

    /// <summary>The committed offset after everything published before this call; 0 if there is none.</summary>
    public Task<long> PositionAsync(string group, TopicPartition partition, bool register) =>
        Enqueue(new Request(null, (group, partition), register));

    public async ValueTask DisposeAsync()
    {
        await _upkeep.DisposeAsync();
        _queue.Writer.TryComplete();
        await _loop;
    }

    Task<long> Enqueue(Request request)
    {
        if (_queue.Writer.TryWrite(request)) return request.Done.Task;

        request.Records?.Dispose();
        throw new MessageLogException($"{_settings.File} is closed.");
    }

    async Task RunAsync()
    {
        while (await _queue.Reader.WaitToReadAsync())
        {
            var upkeep = Take();
            if (_taken.Count > 0) await WriteTakenAsync();
            if (upkeep) RunUpkeep();
        }

        _appender?.Dispose();
    }

    /// <summary>Takes the waiting requests, up to the limits of a transaction; true if upkeep is due as well.</summary>
    bool Take()
    {
        _taken.Clear();
        var bytes = 0L;
        var upkeep = false;
        while (bytes < GroupBytes && _taken.Count < GroupRequests && _queue.Reader.TryRead(out var request))
        {
            if (ReferenceEquals(request, Upkeep))
                upkeep = true;
            else
            {
                _taken.Add(request);
                bytes += request.Records?.Bytes ?? 0;
            }
        }

        return upkeep;
    }

    async Task WriteTakenAsync()
    {
        MessageLogException? failure = null;
        try
        {
            await WriteWithRetryAsync();
        }
        catch (Exception e)
        {
            failure = e as MessageLogException ?? new MessageLogException($"The topics cannot be written: {e.Message}", e);
        }

        foreach (var request in _taken)
        {
            request.Records?.Dispose();
            if ((failure ?? request.Refusal) is { } refusal)
                request.Done.TrySetException(refusal);
            else
                request.Done.TrySetResult(request.Answer);
        }
    }

    /// <summary>Retries while another process holds the file's lock, without blocking a thread, until the timeout.</summary>
    async Task WriteWithRetryAsync()
    {
        var started = _time.GetTimestamp();
        var pause = TimeSpan.FromMilliseconds(1);
        while (true)
        {
            try
            {
                WriteTaken();
                return;
            }
            catch (SqliteFileException e) when (e.Fault == SqliteFault.Locked && _time.GetElapsedTime(started) < _settings.LockTimeout)
            {
                await Task.Delay(pause, _time);
                pause = TimeSpan.FromMilliseconds(Math.Min(100, pause.TotalMilliseconds * 2));
            }
        }
    }

    void WriteTaken()
    {
        _appender ??= new LogAppender(_settings);
        try
        {
            _appender.Begin();
            var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
            foreach (var request in _taken) Write(_appender, request, now);
            _appender.File.Commit();
        }
        catch (Exception e)
        {
            Recover(e);
            throw;
        }

        foreach (var partition in _appender.Touched) _signals.Set(partition);
    }

    static void Write(LogAppender appender, Request request, long now)
    {
        request.Refusal = null;
        if (request.Query is { } query)
        {
            if (request.Register) appender.Register(query.Group, query.Partition);
            request.Answer = Math.Max(0, appender.Position(query.Group, query.Partition));
            return;
        }

        var records = request.Records!;
        IReadOnlyList<ConsumerOffset> positions = records.Position is { } after ? [after, .. records.Offsets] : records.Offsets;

        // Records for a range already committed come from a consumer that another has replaced: they would be duplicates.
        foreach (var position in records.Count > 0 ? positions : [])
        {
            if (appender.Position(position.Group, position.Partition) is not (var committed and >= 0) || position.NextOffset > committed)
                continue;
            request.Refusal = new MessageLogException(
                $"{records.Count} records up to offset {position.NextOffset} of {position.Partition} were refused: group {position.Group} is at {committed} already.");
            return;
        }

        foreach (var position in positions)
            appender.Commit(position);
        appender.Append(records, now);
    }

    /// <summary>Rolls the transaction back. After a fault other than a lock or a full disk the connection is reopened at the next write.</summary>
    void Recover(Exception exception)
    {
        try
        {
            _appender!.File.RollBack();
            if (exception is SqliteFileException { Fault: SqliteFault.Locked or SqliteFault.DiskFull }) return;
        }
        catch (SqliteFileException)
        {
            // The first fault is the one to report. Closing the connection rolls back what could not be rolled back here.
        }

        _appender!.Dispose();
        _appender = null;
    }

    void RunUpkeep()
    {
        if (_appender is null) return;

        try
        {
            if (LogRetention.RemoveStep(_appender.File, _settings.Retention, _time.GetUtcNow())) _queue.Writer.TryWrite(Upkeep);
        }
        catch (Exception e)
        {
            // Retried at the next interval; publishing reports a fault that lasts.
            Recover(e);
        }
    }
}
