using System.Collections.Immutable;
using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;

namespace FraudStreams.Messaging.Sqlite;

/// <summary>Another process consumes the topic, or produces from the source, in this group; this process waits until that one has ended.</summary>
public sealed record GroupStandby(string Group, string Topic, string Holder);

/// <summary>The message log that needs no broker: the embedded SQLite log as Akka sources and a publisher.</summary>
public sealed class EmbeddedMessageLog : IMessageLog
{
    readonly EmbeddedLogSettings _settings;
    readonly EmbeddedLog _log;
    readonly TimeProvider _time;
    readonly Action<GroupStandby> _onStandby;

    EmbeddedMessageLog(EmbeddedLogSettings settings, EmbeddedLog log, TimeProvider time, Action<GroupStandby> onStandby)
    {
        _settings = settings;
        _log = log;
        _time = time;
        _onStandby = onStandby;
    }

    /// <param name="onStandby">Called once whenever this process has to wait for a group's lock.</param>
    /// <exception cref="MessageLogException">As <see cref="EmbeddedLog.Open"/>.</exception>
    public static EmbeddedMessageLog Open(EmbeddedLogSettings settings, TimeProvider time, Action<GroupStandby> onStandby) =>
        new(settings, EmbeddedLog.Open(settings, time), time, onStandby);

    /// <summary>Each batch is a transaction of its own: had one failed, the next would commit past it.</summary>
    public int MaxInFlightBatches => 1;

    public Source<TopicPartitionSource, NotUsed> Consume(string topic, string group) => Source.UnfoldResourceAsync<TopicPartitionSource, GroupConsumption>(
        () => Task.FromResult(new GroupConsumption(_log, _settings, topic, group, _time, _onStandby)),
        consumption => consumption.NextAsync(),
        CloseAsync).WithAttributes(NoReadAhead);

    public Task<int> PublishAsync(RecordBatch records, CancellationToken cancellationToken) => _log.PublishAsync(records, cancellationToken);

    public Task<long> PositionAsync(string group, TopicPartition partition, CancellationToken cancellationToken) =>
        _log.PositionAsync(group, partition).WaitAsync(cancellationToken);

    public IPartitionReader OpenReader(TopicPartition partition, long from) => _log.OpenReader(partition, from);

    /// <summary>None: what a process asks of another over HTTP has no use where all share a folder.</summary>
    public Task<ImmutableDictionary<int, PartitionOwner>> OwnersAsync(string topic, string group, CancellationToken cancellationToken) =>
        Task.FromResult(ImmutableDictionary<int, PartitionOwner>.Empty);

    /// <summary>SQLite would take more; this is what fits into the texts that hold a record's bytes.</summary>
    public int LongestRecord(string topic) => 64 << 20;

    public Task<MessageLogStatus> StatusAsync(CancellationToken cancellationToken) => Task.Run(_log.Status, cancellationToken);

    /// <summary>
    /// In Akka.NET a resource source runs on the dispatcher for blocking I/O and reads up to 16 elements (chunks, here) ahead of demand. With explicit
    /// attributes it is fused with the stages after it and reads on demand.
    /// </summary>
    internal static Attributes NoReadAhead { get; } = Attributes.CreateName("topics");

    internal static async Task<Done> CloseAsync<T>(T running) where T : IAsyncDisposable
    {
        await running.DisposeAsync();
        return Done.Instance;
    }

    public ValueTask DisposeAsync() => _log.DisposeAsync();
}
