using Akka.Util;

namespace FraudStreams.Messaging.Sqlite;

/// <summary>
/// One running read of a partition, a chunk per demand. Its start offset is queried behind everything this process has published: batches that an
/// earlier reader of the same group left in flight are committed first, and are not read twice.
/// </summary>
internal sealed class PartitionReading : IAsyncDisposable
{
    readonly GroupConsumption _consumption;
    readonly TopicPartition _partition;
    readonly CancellationTokenSource _closed = new();
    LogReader? _reader;
    Task _pendingRead = Task.CompletedTask;

    public PartitionReading(GroupConsumption consumption, TopicPartition partition)
    {
        if (!consumption.TryJoin()) throw new MessageLogException($"{partition} was released by group {consumption.Group} before it was read.");

        _consumption = consumption;
        _partition = partition;
    }

    public Task<Option<IReadOnlyList<TopicRecord>>> NextAsync()
    {
        var reading = ReadAsync();
        _pendingRead = reading;
        return reading;
    }

    /// <summary>Ends a pending read before its connection and the group's lock are released.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        await _pendingRead.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _reader?.Dispose();
        _closed.Dispose();
        _consumption.Leave();
    }

    async Task<Option<IReadOnlyList<TopicRecord>>> ReadAsync()
    {
        var log = _consumption.Log;
        _reader ??= log.OpenReader(_partition, await log.RegisterAsync(_consumption.Group, _partition));
        return Option<IReadOnlyList<TopicRecord>>.Create(await _reader.NextAsync(log.Appends, _closed.Token));
    }
}
