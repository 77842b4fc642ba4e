using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using Confluent.Kafka;
using FraudStreams.Diagnostics;
using FraudStreams.Topics;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// Where a producer stands in what it reads (a file, a journal). Kafka has no place for that which moves together with the records, short of a
/// transaction, so the records say it themselves, in a header: which place, and from where to where their batch takes it. Batches of a place are
/// published one after the other; so what lies before the newest batch is there as a whole, and only of that batch some records may be missing.
/// Who starts again begins that batch anew, and what is there of it is left out: rows of a file by their numbers; and where a step may make any number
/// of records, as in a journal, by their order in the batch, which begins with the same records when it is made again.
/// </summary>
sealed class ProducerCheckpoints(KafkaSettings settings, KafkaAdmin admin, ImmutableSortedDictionary<string, int> partitions)
{
    const int LookBack = 1000;

    readonly ConcurrentDictionary<(string Group, TopicPartition Place), long> _positions = [];
    readonly ConcurrentDictionary<(string Group, TopicPartition Place), CheckpointFound> _there = [];

    static readonly ImmutableSortedDictionary<string, ImmutableArray<string>> WrittenTo = ImmutableSortedDictionary.CreateRange(
    [
        KeyValuePair.Create<string, ImmutableArray<string>>(ConsumerGroups.Simulate, [TopicNames.Transactions]),
        KeyValuePair.Create<string, ImmutableArray<string>>(ConsumerGroups.DeliveryLog, [TopicNames.Alerts, TopicNames.Undelivered]),
    ]);

    /// <summary>The position that a producer can go on from.</summary>
    public async Task<long> FindAsync(string group, TopicPartition place, CancellationToken ct)
    {
        var bounds = await BoundsAsync(group, ct);
        var (position, there) = await BlockingCall.RunAsync(() => Search(group, place, bounds), ct);
        _positions[(group, place)] = position;
        _there[(group, place)] = there;
        return position;
    }

    public CheckpointStamp StampFor(ConsumerOffset position, int records)
    {
        var key = (position.Group, position.Partition);
        var from = _positions.TryGetValue(key, out var known) ? known : position.NextOffset - records;
        return new CheckpointStamp(NameOf(position.Group, position.Partition), from, position.NextOffset, records, _there.GetValueOrDefault(key, CheckpointFound.Nothing));
    }

    public void Moved(ConsumerOffset position) => _positions[(position.Group, position.Partition)] = position.NextOffset;

    static byte[] NameOf(string group, TopicPartition place) => Encoding.UTF8.GetBytes($"{group} {place}");

    /// <summary>Where the partitions that a group writes to begin and end.</summary>
    async Task<(string Topic, Confluent.Kafka.TopicPartition Partition, WatermarkOffsets Bounds)[]> BoundsAsync(string group, CancellationToken ct)
    {
        var all = WrittenTo.GetValueOrDefault(group, [])
            .SelectMany(topic => Enumerable.Range(0, partitions[topic]).Select(number => (topic, new Confluent.Kafka.TopicPartition(settings.Prefix + topic, number)))).ToArray();
        var bounds = all.Length == 0 ? [] : await admin.BoundsAsync([.. all.Select(of => of.Item2)], ct);
        return [.. all.Zip(bounds, (of, bound) => (of.topic, of.Item2, bound))];
    }

    (long Position, CheckpointFound There) Search(
        string group, TopicPartition place, IEnumerable<(string Topic, Confluent.Kafka.TopicPartition Partition, WatermarkOffsets Bounds)> searched)
    {
        var name = NameOf(group, place);
        var last = new Dictionary<(string Topic, int Partition), CheckpointHeader>();
        using var reader = new ConsumerBuilder<byte[], byte[]>(
                settings.Properties.SetItem("group.id", settings.Prefix + "places").SetItem("enable.auto.commit", "false").SetItem("enable.partition.eof", "true"))
            .SetLogHandler((_, _) => { })
            .SetErrorHandler((_, _) => { })
            .Build();
        foreach (var (topic, partition, bounds) in searched)
        {
            if (LastIn(reader, partition, bounds, name) is { } header)
                last[(topic, partition.Partition.Value)] = header;
        }

        var newest = last.Values.DefaultIfEmpty().MaxBy(header => (header.To, header.Index));
        if (group == ConsumerGroups.Simulate)
            return (newest.From, new CheckpointFound(null, last.ToImmutableDictionary(found => found.Key, found => found.Value.Step)));
        if (newest.Index == newest.Records - 1)
            return (newest.To, CheckpointFound.Nothing);
        var ofNewest = last.Where(found => found.Value.From == newest.From);
        return (newest.From, new CheckpointFound(newest.From, ofNewest.ToImmutableDictionary(found => found.Key, found => (long)found.Value.Index)));
    }

    /// <summary>The newest record of a place in a partition: looks at the last thousand records, then at the thousands before them.</summary>
    CheckpointHeader? LastIn(IConsumer<byte[], byte[]> reader, Confluent.Kafka.TopicPartition partition, WatermarkOffsets bounds, byte[] name)
    {
        try
        {
            for (var end = bounds.End; end > bounds.First;)
            {
                var start = Math.Max(bounds.First, end - LookBack);
                if (LastIn(reader, partition, start, end, name) is { } found)
                    return found;
                end = start;
            }

            return null;
        }
        catch (KafkaException e)
        {
            throw new MessageLogException($"{partition.Topic}, partition {partition.Partition.Value}, cannot be searched for where its producer stood: {e.Error.Reason}", e);
        }
    }

    CheckpointHeader? LastIn(IConsumer<byte[], byte[]> reader, Confluent.Kafka.TopicPartition partition, long start, long end, byte[] name)
    {
        CheckpointHeader? last = null;
        reader.Assign(new TopicPartitionOffset(partition, start));
        while (true)
        {
            var record = reader.Consume(settings.Timeout)
                ?? throw new MessageLogException($"{partition.Topic}, partition {partition.Partition.Value}: nothing came from offset {start} within {settings.Timeout.TotalSeconds:0.#} s");
            if (record.IsPartitionEOF || record.Offset.Value >= end)
                break;
            if (CheckpointHeader.TryRead(record.Message.Headers, name, out var header))
                last = header;
            if (record.Offset.Value == end - 1)
                break;
        }

        reader.Unassign();
        return last;
    }
}

/// <summary>What a record says of its producer's place: which of how many of its batch it is, and from where to where the batch goes.</summary>
readonly record struct CheckpointHeader(int Index, int Records, long From, long To)
{
    public const string Key = "fraudstreams.place";
    const int NumberBytes = 24;

    /// <summary>Each record is one step of the place, as with the rows of a file; then a record's own step is known.</summary>
    public bool IsOneAStep => Records == To - From;

    /// <summary>The place after this record; 0 where that is not known.</summary>
    public long Step => IsOneAStep ? From + Index + 1 : 0;

    public byte[] Write(byte[] name)
    {
        var bytes = new byte[NumberBytes + name.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, Index);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), Records);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), From);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(16), To);
        name.CopyTo(bytes, NumberBytes);
        return bytes;
    }

    public static bool TryRead(Headers? headers, byte[] name, out CheckpointHeader header)
    {
        header = default;
        if (headers is null || !headers.TryGetLastBytes(Key, out var bytes))
            return false;
        if (bytes.Length != NumberBytes + name.Length || !bytes.AsSpan(NumberBytes).SequenceEqual(name))
            return false;
        header = new CheckpointHeader(
            BinaryPrimitives.ReadInt32BigEndian(bytes),
            BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4)),
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(8)),
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(16)));
        return true;
    }
}

/// <summary>The headers of a batch that moves a place.</summary>
/// <param name="There">What is there already.</param>
sealed record CheckpointStamp(byte[] Name, long From, long To, int Records, CheckpointFound There)
{
    public bool IsThere(int record, string topic, int partition)
    {
        if (!There.Last.TryGetValue((topic, partition), out var last))
            return false;
        return There.OfBatchFrom is { } from ? From == from && record <= last : Header(record).Step is > 0 and var step && step <= last;
    }

    public Headers HeadersOf(int record) => new() { { CheckpointHeader.Key, Header(record).Write(Name) } };

    CheckpointHeader Header(int record) => new(record, Records, From, To);
}

/// <summary>What a producer before this one has left.</summary>
/// <param name="OfBatchFrom">Where the batch began of which some is there; null where records are steps.</param>
/// <param name="Last">For each partition the last step that is there, or the last record of that batch.</param>
sealed record CheckpointFound(long? OfBatchFrom, ImmutableDictionary<(string Topic, int Partition), long> Last)
{
    public static readonly CheckpointFound Nothing = new(null, ImmutableDictionary<(string Topic, int Partition), long>.Empty);
}
