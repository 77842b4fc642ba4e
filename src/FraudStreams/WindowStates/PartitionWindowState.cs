using System.Diagnostics;
using Akka.Event;
using FraudStreams.Messaging;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Scoring;
using FraudStreams.Topics;

namespace FraudStreams.WindowStates;

/// <summary>
/// The windows of one partition, for as long as this process has it. Before its first batch they are made what they were after the record before that
/// batch: from the newest snapshot, and the records between. A snapshot is kept only when the group's position has reached what it stands for, so a
/// scorer that begins again at that position always finds one that is not ahead of it.
/// </summary>
sealed class PartitionWindowState(PartitionWindowStates memory, TopicPartition partition, CancellationToken ended) : IAsyncDisposable
{
    /// <summary>Under which the windows by other keys than the card are kept, beside those of `transactions`.</summary>
    const string OthersName = "others";

    static readonly TimeSpan LookForPosition = TimeSpan.FromMilliseconds(200);

    readonly TopicPartition _others = partition with { Topic = OthersName };
    PaymentWindows? _windows;
    long _snapshotTaken;
    long _sinceSnapshot;
    Task _keeping = Task.CompletedTask;

    /// <summary>Gives every row of the batch its window values, and takes it in.</summary>
    public async Task<TransactionBatch> RememberAsync(TransactionBatch batch)
    {
        if (_windows is null)
        {
            _windows = await RestoreAsync(batch.FirstOffset);
            _snapshotTaken = memory.Time.GetTimestamp();
        }

        await _windows.AdvanceAsync(batch.Rows, ended);
        _sinceSnapshot += batch.Position.NextOffset - batch.FirstOffset;
        if (_keeping.IsCompleted && IsSnapshotDue())
        {
            (_snapshotTaken, _sinceSnapshot) = (memory.Time.GetTimestamp(), 0);
            var position = batch.Position.NextOffset;
            if (await Task.Run(() => TryWrite(_windows, position), ended))
                _keeping = KeepAsync(_windows, position);
        }

        return batch;
    }

    bool IsSnapshotDue() =>
        memory.Time.GetElapsedTime(_snapshotTaken) >= memory.Settings.SnapshotEvery || _sinceSnapshot >= memory.Settings.SnapshotRecords;

    public async ValueTask DisposeAsync()
    {
        if (_windows is not null)
            await _windows.DisposeAsync();
    }

    async Task<PaymentWindows> RestoreAsync(long position)
    {
        var started = Stopwatch.GetTimestamp();
        var (own, from) = await ReadOwnAsync(position);
        using var rows = new TransactionRows(memory.Schema);
        var reader = new TransactionReader(memory.Schema, memory.MaxRecordBytes);
        var read = 0L;
        await foreach (var records in memory.Topics.ReadAsync(partition, from, position, ended))
        {
            foreach (var record in records)
                reader.TryRead(record, rows);
            await own.AdvanceAsync(rows, ended);
            rows.Clear();
            read += records.Count;
        }

        memory.Log.Info("Windows of {0}: {1}, {2} records read again up to offset {3}, {4} held; {5} s", partition,
            from == 0 ? "no snapshot" : $"snapshot of offset {from}", read, position, $"{own.Windows.Events} payments of {own.Windows.Keys} keys",
            Stopwatch.GetElapsedTime(started).TotalSeconds.ToString("0.00"));
        return new PaymentWindows(own, memory.NeedsOthers ? await ReadOthersAsync() : null);
    }

    /// <summary>The newest snapshot that stands for no more than the position, or the windows before the first record.</summary>
    async Task<(OwnWindows Own, long From)> ReadOwnAsync(long position)
    {
        var scope = memory.NeedsOthers ? WindowScope.OfCard : WindowScope.All;
        var (found, from) = await ReadAsync(partition, snapshot => OwnWindows.Read(snapshot, memory.Topics, memory.Schema, scope, follow: true));
        if (found is not null && from <= position)
            return (found, from);
        if (found is not null)
        {
            await found.DisposeAsync();
            memory.Log.Warning("The snapshot of {0} is of offset {1} and the group stands at {2}, before it: the windows are made anew from the topic", partition, from, position);
        }

        return (new OwnWindows(memory.Topics, new WindowState(memory.Schema, scope), follow: true), 0);
    }

    /// <summary>A snapshot is never ahead of what the group's position needs: it is kept as the partition's own is.</summary>
    async Task<CrossPartitionWindowState> ReadOthersAsync() =>
        await ReadAsync(_others, snapshot => CrossPartitionWindowState.Read(snapshot, memory.Topics, memory.Schema, memory.Partitions, memory.MaxRecordBytes, follow: true))
        ?? new CrossPartitionWindowState(memory.Topics, memory.Schema, memory.Partitions, memory.MaxRecordBytes, follow: true);

    async Task<T?> ReadAsync<T>(TopicPartition name, Func<Stream, T> read)
    {
        try
        {
            await using var snapshot = await memory.Snapshots.OpenAsync(name, ended);
            if (snapshot is not null)
                return await Task.Run(() => read(snapshot), ended);
        }
        catch (WindowSnapshotException e)
        {
            memory.Log.Warning("The snapshot of {0} cannot be used: {1} The windows are made anew from the topic", name, e.Message);
        }

        return default;
    }

    /// <summary>A disk that is full, say, costs a snapshot and nothing else.</summary>
    bool TryWrite(PaymentWindows windows, long position)
    {
        try
        {
            Write(partition, file => windows.Own.Write(file, position));
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
        using var file = new FileStream(memory.Snapshots.Draft(name), options);
        write(file);
        file.Flush(flushToDisk: true);
    }

    async Task KeepAsync(PaymentWindows windows, long position)
    {
        try
        {
            while (await memory.Topics.PositionAsync(ConsumerGroups.Score, partition, ended) < position)
                await Task.Delay(LookForPosition, memory.Time, ended);
            await memory.Snapshots.KeepAsync(partition, ended);
            if (windows.Others is not null)
                await memory.Snapshots.KeepAsync(_others, ended);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Whoever has the partition next begins with the snapshot before.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or MessageLogException)
        {
            CannotKeep(e);
        }
    }

    void CannotKeep(Exception e) => memory.Log.Warning(
        "The windows of {0} could not be kept, and are tried again in {1} s; a restart would read more of the topic again: {2}", partition,
        memory.Settings.SnapshotEvery.TotalSeconds, e.Message);
}
