using System.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Scoring;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging;

namespace FraudStreams.WindowStates;

/// <summary>
/// The window state of one partition, while it is assigned to this process. Before the first batch it is restored to just before that batch: from the
/// newest snapshot and the records after it. A snapshot is kept only once the group has committed the snapshot's offset, so a restarted scorer never
/// finds one ahead of its committed offset.
/// </summary>
sealed class PartitionWindowState(PartitionWindowStates shared, TopicPartition partition, CancellationToken ended) : IAsyncDisposable
{
    /// <summary>The name of the snapshots of the windows by other keys than the card, beside those of `transactions`.</summary>
    const string OthersName = "others";

    static readonly TimeSpan CommitPollInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>By what the topic is called: where `transactions` becomes another topic, as re-keying begins, its snapshots are of other offsets.</summary>
    readonly TopicPartition _own = partition with { Topic = shared.Topics.NameOf(partition.Topic) };

    readonly TopicPartition _others = partition with { Topic = OthersOf(shared.Topics.NameOf(partition.Topic)) };

    /// <summary>The stream's batches and those who only look take turns; the stream waits for at most one of them.</summary>
    readonly SemaphoreSlim _turn = new(1);
    PaymentWindows? _windows;
    bool _isClosed;
    long _snapshotTaken;
    long _sinceSnapshot;
    Task _keeping = Task.CompletedTask;

    /// <summary>The name of the snapshots of the windows by other keys than the card.</summary>
    /// <param name="topic">What `transactions` is called.</param>
    public static string OthersOf(string topic) => topic == TopicNames.Transactions ? OthersName : $"{OthersName}-{topic}";

    /// <summary>Fills in the window values of every row of the batch, and adds the rows to the windows.</summary>
    public async Task<TransactionBatch> AdvanceAsync(TransactionBatch batch)
    {
        await _turn.WaitAsync(ended);
        try
        {
            return await AdvanceInTurnAsync(batch);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// Fills in the window values that the rows would have if they came next, one after the other, and leaves the windows as they are. Before the first batch
    /// the state is restored to the group's committed offset, where that batch will begin.
    /// </summary>
    /// <exception cref="PartitionElsewhereException">The partition was given up meanwhile.</exception>
    public async Task PeekAsync(TransactionRows rows, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_isClosed || ended.IsCancellationRequested)
                throw new PartitionElsewhereException(partition);
            if (_windows is null)
                await OpenAsync(await shared.Topics.PositionAsync(ConsumerGroups.Score, partition, ended));

            // A read that was cut off half way would leave the state in between: the caller's patience does not count from here on.
            await _windows!.PeekAsync(rows, ended);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            throw new PartitionElsewhereException(partition);
        }
        finally
        {
            _turn.Release();
        }
    }

    async Task OpenAsync(long position)
    {
        _windows = await RestoreAsync(position);
        _snapshotTaken = shared.Time.GetTimestamp();
    }

    async Task<TransactionBatch> AdvanceInTurnAsync(TransactionBatch batch)
    {
        if (_windows is null)
            await OpenAsync(batch.FirstOffset);
        await _windows!.AdvanceAsync(batch.Rows, ended);
        _sinceSnapshot += batch.Position.NextOffset - batch.FirstOffset;
        if (_keeping.IsCompleted && IsSnapshotDue())
        {
            (_snapshotTaken, _sinceSnapshot) = (shared.Time.GetTimestamp(), 0);
            var position = batch.Position.NextOffset;
            if (await Task.Run(() => TryWrite(_windows, position), ended))
                _keeping = KeepAsync(_windows, position);
        }

        return batch;
    }

    bool IsSnapshotDue() =>
        shared.Time.GetElapsedTime(_snapshotTaken) >= shared.Settings.SnapshotEvery || _sinceSnapshot >= shared.Settings.SnapshotRecords;

    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync(CancellationToken.None);
        _isClosed = true;
        if (_windows is not null)
            await _windows.DisposeAsync();
        _turn.Release();
    }

    async Task<PaymentWindows> RestoreAsync(long position)
    {
        var started = Stopwatch.GetTimestamp();
        var (windows, from) = await ReadOwnAsync(position);
        using var rows = new TransactionRows(shared.Schema);
        var reader = new TransactionReader(shared.Schema, shared.MaxRecordBytes);
        var read = 0L;
        await foreach (var records in shared.Topics.ReadAsync(partition, from, position, ended))
        {
            foreach (var record in records)
                reader.Read(record, rows);
            await windows.AdvanceAsync(rows, ended);
            rows.Clear();
            read += records.Count;
        }

        shared.Log.LogInformation(
            "Windows of {Partition}: {Snapshot}, {Records} records replayed up to offset {Offset}, {Held} held; {Seconds} s", partition,
            from == 0 ? "no snapshot" : $"snapshot of offset {from}", read, position, $"{windows.Own.Events} payments of {windows.Own.Keys} keys",
            Stopwatch.GetElapsedTime(started).TotalSeconds.ToString("0.00"));
        if (shared.NeedsOthers)
            windows.Others = await ReadOthersAsync();
        return windows;
    }

    /// <summary>The newest snapshot if it is not ahead of the committed offset, or the windows before the first record.</summary>
    async Task<(PaymentWindows Windows, long From)> ReadOwnAsync(long position)
    {
        var scope = shared.NeedsOthers ? WindowScope.OfCard : WindowScope.All;
        var (found, from) = await ReadAsync(_own, snapshot => PaymentWindows.Read(snapshot, shared.Topics, shared.Schema, scope, follow: true, shared.Cards));
        if (found is not null && from <= position)
            return (found, from);
        if (found is not null)
        {
            await found.DisposeAsync();
            shared.Log.LogWarning(
                "The snapshot of {Partition} is of offset {SnapshotOffset}, ahead of the group's offset {Offset}: the windows are rebuilt from the topic",
                partition, from, position);
        }

        return (new PaymentWindows(shared.Topics, new WindowState(shared.Schema, scope), follow: true), 0);
    }

    /// <summary>The snapshot is never ahead of the group's committed offset: it is kept together with the partition's own.</summary>
    async Task<CrossPartitionWindowState> ReadOthersAsync() =>
        await ReadAsync(
            _others,
            snapshot => CrossPartitionWindowState.Read(snapshot, shared.Topics, shared.Schema, shared.Partitions, shared.MaxRecordBytes, follow: true))
        ?? new CrossPartitionWindowState(shared.Topics, shared.Schema, shared.Partitions, shared.MaxRecordBytes, follow: true);

    async Task<T?> ReadAsync<T>(TopicPartition name, Func<Stream, T> read)
    {
        try
        {
            await using var snapshot = await shared.Snapshots.OpenAsync(name, ended);
            if (snapshot is not null)
                return await Task.Run(() => read(snapshot), ended);
        }
        catch (WindowSnapshotException e)
        {
            shared.Log.LogWarning("The snapshot of {Partition} cannot be used: {Reason} The windows are rebuilt from the topic", name, e.Message);
        }

        return default;
    }

    /// <summary>A failure, such as a full disk, costs a snapshot and nothing else.</summary>
    bool TryWrite(PaymentWindows windows, long position)
    {
        try
        {
            Write(_own, file => windows.Write(file, position));
            if (windows.Others is { } others)
                Write(_others, others.Write);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            CannotKeep(e);
            return false;
        }
    }

    void Write(TopicPartition name, Action<Stream> write)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 1 << 16 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(shared.Snapshots.Draft(name), options);
        write(file);
        file.Flush(flushToDisk: true);
    }

    async Task KeepAsync(PaymentWindows windows, long position)
    {
        try
        {
            while (await shared.Topics.PositionAsync(ConsumerGroups.Score, partition, ended) < position)
                await Task.Delay(CommitPollInterval, shared.Time, ended);
            await shared.Snapshots.KeepAsync(_own, ended);
            if (windows.Others is not null)
                await shared.Snapshots.KeepAsync(_others, ended);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The partition's next owner starts from the previous snapshot.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or MessageLogException)
        {
            CannotKeep(e);
        }
    }

    void CannotKeep(Exception e) => shared.Log.LogWarning(
        "The snapshot of {Partition} could not be kept, the next attempt is in {Seconds} s; a restart would replay more of the topic: {Reason}", partition,
        shared.Settings.SnapshotEvery.TotalSeconds, e.Message);
}
