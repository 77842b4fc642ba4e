using Akka;
using Akka.Streams.Dsl;
using Akka.Util;

namespace FraudStreams.Messaging.Sqlite;

/// <summary>
/// One running consumption of a topic in a group: acquires the group's lock, emits one source per partition, and stays open. The lock is held until this
/// and every partition's source have ended, so that the next consumer starts at their last commit. It is acquired in the first read, not when the source
/// opens: a stream that ends while it still waits would otherwise leak the lock.
/// </summary>
internal sealed class GroupConsumption(
    EmbeddedLog log, EmbeddedLogSettings settings, string topic, string group, TimeProvider time, Action<GroupStandby> onStandby)
    : IAsyncDisposable
{
    readonly CancellationTokenSource _closed = new();
    readonly Lock _gate = new();
    readonly Queue<TopicPartition> _pending = new(log.PartitionsOf(topic));
    GroupLock? _lock;
    int _users = 1;

    public EmbeddedLog Log => log;

    public string Group => group;

    /// <summary>Emits the next partition's source; after the last one it never completes.</summary>
    public async Task<Option<TopicPartitionSource>> NextAsync()
    {
        if (_lock is null) await TakeLockAsync();
        if (_pending.TryDequeue(out var partition)) return Option<TopicPartitionSource>.Create(new(partition, Chunks(partition)));

        await Task.Delay(Timeout.InfiniteTimeSpan, _closed.Token);
        return Option<TopicPartitionSource>.None;
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        Leave();
    }

    /// <summary>False once the lock is released: then it is too late to read.</summary>
    public bool TryJoin()
    {
        lock (_gate)
        {
            if (_users == 0) return false;
            _users++;
            return true;
        }
    }

    public void Leave()
    {
        lock (_gate)
        {
            if (--_users > 0) return;
            _lock?.Dispose();
        }
    }

    Source<IReadOnlyList<TopicRecord>, NotUsed> Chunks(TopicPartition partition) => Source.UnfoldResourceAsync<IReadOnlyList<TopicRecord>, PartitionReading>(
            () => Task.FromResult(new PartitionReading(this, partition)),
            reading => reading.NextAsync(),
            EmbeddedMessageLog.CloseAsync)
        .WithAttributes(EmbeddedMessageLog.NoReadAhead);

    async Task TakeLockAsync() =>
        Keep(await GroupLock.TakeAsync(settings.Folder, topic, group, settings.StandbyInterval, time, onStandby, _closed.Token));

    /// <summary>A lock acquired only after this was closed is released at once.</summary>
    void Keep(GroupLock taken)
    {
        lock (_gate)
        {
            _lock = taken;
            if (_users == 0) taken.Dispose();
        }
    }
}
