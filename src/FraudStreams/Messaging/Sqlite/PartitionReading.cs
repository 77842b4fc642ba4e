using Akka.Util;

namespace FraudStreams.Messaging.Sqlite;

/// <summary>
/// One running reading of one partition, a chunk for each demand. Where it starts is asked for behind everything this process has published: what an
/// earlier reading of the same group left in flight is committed first, and is not read twice.
/// </summary>
internal sealed class PartitionReading : IAsyncDisposable
{
    readonly GroupConsumption _consumption;
    readonly TopicPartition _partition;
    readonly LogReader _reader;
    readonly CancellationTokenSource _closed = new();
    Task _underWay = Task.CompletedTask;
    long _next = -1;

    public PartitionReading(GroupConsumption consumption, TopicPartition partition)
    {
        if (!consumption.TryJoin()) throw new MessageLogException($"{partition} was given up by group {consumption.Group} before it was read.");

        _consumption = consumption;
        _partition = partition;
        _reader = consumption.Log.OpenReader(partition);
    }

    public Task<Option<IReadOnlyList<TopicRecord>>> NextAsync()
    {
        var reading = ReadAsync();
        _underWay = reading;
        return reading;
    }

    /// <summary>A read under way is ended before its connection and the group's lock are given back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        await _underWay.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _reader.Dispose();
        _closed.Dispose();
        _consumption.Leave();
    }

    async Task<Option<IReadOnlyList<TopicRecord>>> ReadAsync()
    {
        if (_next < 0) _next = await _consumption.Log.RegisterAsync(_consumption.Group, _partition);
        var records = await _reader.ReadAsync(_next, _closed.Token);
        _next = records[^1].Offset + 1;
        return Option<IReadOnlyList<TopicRecord>>.Create(records);
    }
}
