using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using Confluent.Kafka;
using FraudStreams.Diagnostics;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// How far a producer has read a source that is no topic (a file, a journal). Short of a transaction, Kafka cannot commit that offset together with the
/// records, so the records carry it in a header: the source, and the range of its offsets that their batch covers. The batches of a source are published
/// one after the other: everything before the newest batch is complete, and only of that batch records may be missing. A restarted producer makes that
/// batch again and skips the records already published: rows of a file by their numbers; where one step may make any number of records, as in a journal,
/// by their index in the batch, which starts with the same records when it is made again. A producer whose source is not replayed skips nothing.
/// </summary>
sealed class ProducerCheckpoints(KafkaSettings settings, KafkaAdmin admin, LogLayout layout)
{
    const int LookBack = 1000;

    readonly ConcurrentDictionary<(string Group, TopicPartition Source), long> _positions = [];
    readonly ConcurrentDictionary<(string Group, TopicPartition Source), CheckpointFound> _found = [];

    /// <summary>The offset of the source from which a producer continues.</summary>
    public async Task<long> FindAsync(string group, TopicPartition source, CancellationToken cancellationToken)
    {
        var bounds = await BoundsAsync(group, cancellationToken);
        var (position, found) = await BlockingCall.RunAsync(() => Search(group, source, bounds), cancellationToken);
        _positions[(group, source)] = position;
        _found[(group, source)] = found;
        return position;
    }

    public CheckpointStamp StampFor(ConsumerOffset position, int records)
    {
        var key = (position.Group, position.Partition);
        var from = _positions.TryGetValue(key, out var known) ? known : position.NextOffset - records;
        var found = _found.GetValueOrDefault(key, CheckpointFound.Nothing);
        return new CheckpointStamp(NameOf(position.Group, position.Partition), from, position.NextOffset, records, found);
    }

    public void Moved(ConsumerOffset position) => _positions[(position.Group, position.Partition)] = position.NextOffset;

    CheckpointedProducer? ProducerOf(string group) => layout.Producers.FirstOrDefault(producer => producer.Group == group);

    static byte[] NameOf(string group, TopicPartition source) => Encoding.UTF8.GetBytes($"{group} {source}");

    /// <summary>The first and end offsets of the partitions that a group writes to.</summary>
    async Task<(string Topic, Confluent.Kafka.TopicPartition Partition, WatermarkOffsets Bounds)[]> BoundsAsync(
        string group, CancellationToken cancellationToken)
    {
        var all = (ProducerOf(group)?.Topics ?? [])
            .SelectMany(topic => Enumerable.Range(0, layout.Partitions[topic]).Select(number => (topic, new Confluent.Kafka.TopicPartition(settings.Prefix + topic, number)))).ToArray();
        var bounds = all.Length == 0 ? [] : await admin.BoundsAsync([.. all.Select(of => of.Item2)], cancellationToken);
        return [.. all.Zip(bounds, (of, bound) => (of.topic, of.Item2, bound))];
    }

    (long Position, CheckpointFound Found) Search(
        string group, TopicPartition source, IEnumerable<(string Topic, Confluent.Kafka.TopicPartition Partition, WatermarkOffsets Bounds)> searched)
    {
        var name = NameOf(group, source);
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

        var producer = ProducerOf(group);
        if (producer is { IsReplayed: false })
            return (last.Values.Select(header => header.Step).DefaultIfEmpty().Max(), CheckpointFound.Nothing);
        var newest = last.Values.DefaultIfEmpty().MaxBy(header => (header.To, header.Index));
        if (producer is { IsOneRecordAStep: true })
            return (newest.From, new CheckpointFound(null, last.ToImmutableDictionary(found => found.Key, found => found.Value.Step)));
        if (newest.Index == newest.Records - 1)
            return (newest.To, CheckpointFound.Nothing);
        var ofNewest = last.Where(found => found.Value.From == newest.From);
        return (newest.From, new CheckpointFound(newest.From, ofNewest.ToImmutableDictionary(found => found.Key, found => (long)found.Value.Index)));
    }

    /// <summary>The newest record of a source in a partition: scans the last thousand records, then the thousand before them, and so on.</summary>
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
            throw new MessageLogException(
                $"{partition.Topic}, partition {partition.Partition.Value}, cannot be searched for its producer's checkpoint: {e.Error.Reason}", e);
        }
    }

    CheckpointHeader? LastIn(IConsumer<byte[], byte[]> reader, Confluent.Kafka.TopicPartition partition, long start, long end, byte[] name)
    {
        CheckpointHeader? last = null;
        reader.Assign(new TopicPartitionOffset(partition, start));
        while (true)
        {
            var record = reader.Consume(settings.Timeout)
                ?? throw new MessageLogException(
                    $"{partition.Topic}, partition {partition.Partition.Value}: no record arrived from offset {start} on within {settings.Timeout.TotalSeconds:0.#} s");
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

/// <summary>The checkpoint in a record's header: its index in its batch, the batch's size, and the range of source offsets that the batch covers.</summary>
readonly record struct CheckpointHeader(int Index, int Records, long From, long To)
{
    public const string Key = "fraudstreams.place";
    const int NumberBytes = 24;

    /// <summary>Each record is one step of the source, as with the rows of a file; then the record's own offset is known.</summary>
    public bool IsOneRecordPerStep => Records == To - From;

    /// <summary>The source offset after this record; 0 if it is not known.</summary>
    public long Step => IsOneRecordPerStep ? From + Index + 1 : 0;

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

/// <summary>The checkpoint headers of a batch.</summary>
/// <param name="Found">What is published already.</param>
sealed record CheckpointStamp(byte[] Name, long From, long To, int Records, CheckpointFound Found)
{
    public bool IsPublished(int record, string topic, int partition)
    {
        if (!Found.Last.TryGetValue((topic, partition), out var last))
            return false;
        return Found.OfBatchFrom is { } from ? From == from && record <= last : Header(record).Step is > 0 and var step && step <= last;
    }

    public Headers HeadersOf(int record) => new() { { CheckpointHeader.Key, Header(record).Write(Name) } };

    CheckpointHeader Header(int record) => new(record, Records, From, To);
}

/// <summary>What an earlier producer has published.</summary>
/// <param name="OfBatchFrom">The start of the batch that is published in part; null where records are steps.</param>
/// <param name="Last">By partition, the last step published, or the index of the last record of that batch.</param>
sealed record CheckpointFound(long? OfBatchFrom, ImmutableDictionary<(string Topic, int Partition), long> Last)
{
    public static readonly CheckpointFound Nothing = new(null, ImmutableDictionary<(string Topic, int Partition), long>.Empty);
}
