using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Topics;

namespace FraudStreams.Messaging.Sqlite;

/// <summary>Another process consumes the topic, or produces from the source, in this group; this one waits until that one is gone.</summary>
public sealed record GroupStandby(string Group, string Topic, string Holder);

/// <summary>Topics without anything installed: the embedded log as sources and a publisher.</summary>
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

    /// <param name="onStandby">Told once each time that this process has to wait for a group.</param>
    /// <exception cref="MessageLogException">As <see cref="EmbeddedLog.Open"/>.</exception>
    public static EmbeddedMessageLog Open(EmbeddedLogSettings settings, TimeProvider time, Action<GroupStandby> onStandby) =>
        new(settings, EmbeddedLog.Open(settings, time), time, onStandby);

    /// <summary>A transaction each: had one failed, the next would move the position past it.</summary>
    public int MaxInFlightBatches => 1;

    public Source<TopicPartitionSource, NotUsed> Consume(string topic, string group) => Source.UnfoldResourceAsync<TopicPartitionSource, GroupConsumption>(
        () => Task.FromResult(new GroupConsumption(_log, _settings, topic, group, _time, _onStandby)),
        consumption => consumption.NextAsync(),
        CloseAsync).WithAttributes(NothingAhead);

    public Task<int> PublishAsync(RecordBatch records, CancellationToken ct) => _log.PublishAsync(records, ct);

    public Task<long> PositionAsync(string group, TopicPartition partition, CancellationToken ct) => _log.PositionAsync(group, partition).WaitAsync(ct);

    public IPartitionReader OpenReader(TopicPartition partition, long from) => new ForwardReading(new LogScan(_settings, partition), from);

    /// <summary>SQLite would take more. It is what fits into the texts that hold a record's bytes.</summary>
    public int LongestRecord(string topic) => 64 << 20;

    public Task<MessageLogStatus> StatusAsync(CancellationToken ct) => Task.Run(_log.Status, ct);

    /// <summary>
    /// On Akka.NET a source on a resource runs on the dispatcher for blocking I/O, up to 16 elements (chunks, here) ahead of what follows it. With
    /// attributes given it runs together with what follows, and reads what is asked for.
    /// </summary>
    internal static Attributes NothingAhead { get; } = Attributes.CreateName("topics");

    internal static async Task<Done> CloseAsync<T>(T running) where T : IAsyncDisposable
    {
        await running.DisposeAsync();
        return Done.Instance;
    }

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    sealed class ForwardReading(LogScan scan, long from) : IPartitionReader
    {
        long _next = from;

        public Task<IReadOnlyList<TopicRecord>> NextAsync(bool wait, CancellationToken ct) => Task.Run<IReadOnlyList<TopicRecord>>(() =>
        {
            var records = scan.Read(_next);
            if (records.Length > 0)
                _next = records[^1].Offset + 1;
            return records;
        }, ct);

        public ValueTask DisposeAsync()
        {
            scan.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
