using System.Collections.Immutable;
using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Messaging;

namespace FraudStreams.Topics;

/// <summary>
/// A message log whose topics are called otherwise than the program calls them: what is read, written and asked of it has the program's names. Its messages
/// have those that people find. It owns the log.
/// </summary>
sealed class RenamedLog : IMessageLog
{
    readonly IMessageLog _log;
    readonly ImmutableSortedDictionary<string, string> _names;
    readonly ImmutableSortedDictionary<string, string> _own;

    RenamedLog(IMessageLog log, ImmutableSortedDictionary<string, string> names)
    {
        (_log, _names) = (log, names);
        _own = names.ToImmutableSortedDictionary(name => name.Value, name => name.Key);
    }

    /// <summary>The log as it is where no topic is called otherwise.</summary>
    /// <param name="names">By the program's name of a topic, what it is called.</param>
    public static IMessageLog Of(IMessageLog log, ImmutableSortedDictionary<string, string> names) => names.IsEmpty ? log : new RenamedLog(log, names);

    /// <summary>A layout under the names that topics are called by.</summary>
    public static LogLayout Layout(LogLayout layout, TopicSettings settings) => layout with
    {
        Partitions = layout.Partitions.ToImmutableSortedDictionary(topic => settings.NameOf(topic.Key), topic => topic.Value),
        Consumers = [.. layout.Consumers.Select(consumer => (consumer.Group, settings.NameOf(consumer.Topic)))],
        Producers = [.. layout.Producers.Select(producer => producer with { Topics = [.. producer.Topics.Select(settings.NameOf)] })],
        Kept = [.. layout.Kept.Select(settings.NameOf)],
    };

    /// <summary>A status under the program's names.</summary>
    public static MessageLogStatus Own(MessageLogStatus status, ImmutableSortedDictionary<string, string> names)
    {
        if (names.IsEmpty)
            return status;
        var own = names.ToImmutableSortedDictionary(name => name.Value, name => name.Key);
        return Own(status, topic => own.GetValueOrDefault(topic, topic));
    }

    public int MaxInFlightBatches => _log.MaxInFlightBatches;

    public string NameOf(string topic) => _names.GetValueOrDefault(topic, topic);

    public Source<TopicPartitionSource, NotUsed> Consume(string topic, string group) => _names.ContainsKey(topic)
        ? _log.Consume(NameOf(topic), group).Select(source =>
        {
            var partition = Own(source.Partition);
            return source with { Partition = partition, Chunks = source.Chunks.Select(chunk => (IReadOnlyList<TopicRecord>)Renamed(chunk, partition)) };
        })
        : _log.Consume(topic, group);

    public Task<int> PublishAsync(RecordBatch records, CancellationToken cancellationToken)
    {
        records.Rename(NameOf);
        if (records.Position is { } position)
            records.Position = position with { Partition = Theirs(position.Partition) };
        records.Offsets = [.. records.Offsets.Select(offset => offset with { Partition = Theirs(offset.Partition) })];
        return _log.PublishAsync(records, cancellationToken);
    }

    public IPartitionReader OpenReader(TopicPartition partition, long from) =>
        _names.ContainsKey(partition.Topic) ? new Reader(_log.OpenReader(Theirs(partition), from), partition) : _log.OpenReader(partition, from);

    public Task<long> PositionAsync(string group, TopicPartition partition, CancellationToken cancellationToken) =>
        _log.PositionAsync(group, Theirs(partition), cancellationToken);

    public Task<ImmutableDictionary<int, PartitionOwner>> OwnersAsync(string topic, string group, CancellationToken cancellationToken) =>
        _log.OwnersAsync(NameOf(topic), group, cancellationToken);

    public int LongestRecord(string topic) => _log.LongestRecord(NameOf(topic));

    public async Task<MessageLogStatus> StatusAsync(CancellationToken cancellationToken) =>
        Own(await _log.StatusAsync(cancellationToken), topic => _own.GetValueOrDefault(topic, topic));

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    TopicPartition Theirs(TopicPartition partition) => partition with { Topic = NameOf(partition.Topic) };

    TopicPartition Own(TopicPartition partition) => partition with { Topic = _own.GetValueOrDefault(partition.Topic, partition.Topic) };

    static TopicRecord[] Renamed(IReadOnlyList<TopicRecord> records, TopicPartition partition)
    {
        var renamed = new TopicRecord[records.Count];
        for (var record = 0; record < renamed.Length; record++)
            renamed[record] = records[record] with { Partition = partition };
        return renamed;
    }

    static MessageLogStatus Own(MessageLogStatus status, Func<string, string> own) => status with
    {
        Topics = [.. status.Topics.Select(topic => topic with { Topic = own(topic.Topic) })],
        Groups = [.. status.Groups.Select(lag => lag with { Topic = own(lag.Topic) })],
        ByPartition = [.. status.ByPartition.Select(lag => lag with { Partition = lag.Partition with { Topic = own(lag.Partition.Topic) } })],
    };

    sealed class Reader(IPartitionReader reader, TopicPartition partition) : IPartitionReader
    {
        public async Task<IReadOnlyList<TopicRecord>> NextAsync(bool wait, CancellationToken cancellationToken) =>
            await reader.NextAsync(wait, cancellationToken) is { Count: > 0 } records ? Renamed(records, partition) : [];

        public ValueTask DisposeAsync() => reader.DisposeAsync();
    }
}
