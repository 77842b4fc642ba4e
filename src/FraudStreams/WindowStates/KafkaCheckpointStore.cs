using System.Buffers.Binary;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using Confluent.Kafka;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Kafka;
using FraudStreams.Topics;
using TopicPartition = FraudStreams.Messaging.TopicPartition;

namespace FraudStreams.WindowStates;

/// <summary>
/// Keeps snapshots in a compacted topic of the cluster, in pieces of half a megabyte. A partition has two slots, used in turn, and a piece's key is its
/// slot and number: the broker retains the newest snapshot, complete, while the next one overwrites the one before it.
/// </summary>
sealed class KafkaCheckpointStore : ICheckpointStore
{
    const int PieceBytes = 512 * 1024;
    const int IdBytes = 16;
    const int HeaderBytes = IdBytes + sizeof(int) + sizeof(int);

    /// <summary>Overwritten pieces are compacted soon: a restore also reads what the broker has not compacted yet.</summary>
    static readonly Dictionary<string, string> TopicSettings = new()
    {
        ["cleanup.policy"] = "compact",
        ["segment.bytes"] = "67108864",
        ["segment.ms"] = "600000",
        ["min.cleanable.dirty.ratio"] = "0.1",
    };

    readonly KafkaSettings _settings;
    readonly string _name;
    readonly FileCheckpointStore _drafts;
    readonly KafkaAdmin _admin;
    readonly IProducer<byte[], byte[]> _producer;
    readonly ConcurrentDictionary<TopicPartition, (int Slot, Guid Id)> _newest = [];

    /// <exception cref="MessageLogException">The topic is missing and cannot be created.</exception>
    public KafkaCheckpointStore(KafkaSettings settings, int partitions, FileCheckpointStore drafts, string name = TopicNames.Memory)
    {
        _name = name;
        _settings = settings;
        _drafts = drafts;
        _admin = new KafkaAdmin(settings);
        KafkaTopicProvisioner.EnsureAsync(_admin, settings, ImmutableSortedDictionary<string, int>.Empty.Add(name, partitions), _ => TopicSettings, CancellationToken.None)
            .GetAwaiter().GetResult();
        _producer = new ProducerBuilder<byte[], byte[]>(settings.ProducerProperties).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
    }

    public string Draft(TopicPartition partition) => _drafts.Draft(partition);

    public async Task KeepAsync(TopicPartition partition, CancellationToken cancellationToken)
    {
        var slot = 1 - _newest.GetValueOrDefault(partition, (1, default)).Slot;
        var id = Guid.NewGuid();
        await using (var draft = File.OpenRead(Draft(partition)))
        {
            var pieces = (int)((draft.Length + PieceBytes - 1) / PieceBytes);
            for (var piece = 0; piece < pieces; piece++)
            {
                var value = new byte[HeaderBytes + (int)Math.Min(PieceBytes, draft.Length - draft.Position)];
                id.TryWriteBytes(value);
                BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(IdBytes), piece);
                BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(IdBytes + sizeof(int)), pieces);
                await draft.ReadExactlyAsync(value.AsMemory(HeaderBytes), cancellationToken);
                await ProduceAsync(partition, Encoding.ASCII.GetBytes($"{slot}:{partition.Topic}:{piece}"), value, cancellationToken);
            }
        }

        File.Delete(Draft(partition));
        _newest[partition] = (slot, id);
    }

    /// <summary>
    /// Removes what there is of a partition's snapshots, under this topic's name and any other: a tombstone for each piece, which the broker removes with the piece as it compacts the
    /// topic. Only while no process writes snapshots.
    /// </summary>
    /// <param name="keepsNewest">Whether the one that <see cref="OpenAsync"/> or <see cref="KeepAsync"/> last had stays.</param>
    /// <param name="besides">The one other name whose snapshots stay.</param>
    public async Task RemoveAsync(TopicPartition partition, bool keepsNewest, string besides, CancellationToken cancellationToken)
    {
        var (pieces, stays) = (new Dictionary<string, Guid>(StringComparer.Ordinal), NameOf(partition with { Topic = besides }));
        await foreach (var record in RecordsAsync(partition, cancellationToken))
        {
            if (record.Key.Span[1..].StartsWith(stays))
                continue;
            var key = Encoding.ASCII.GetString(record.Key.Span);
            if (record.Value.Length < HeaderBytes)
                pieces.Remove(key);
            else
                pieces[key] = new Guid(record.Value.Span[..IdBytes]);
        }

        var kept = keepsNewest ? _newest.GetValueOrDefault(partition).Id : default;
        foreach (var key in pieces.Where(piece => piece.Value != kept).Select(piece => piece.Key))
            await ProduceAsync(partition, Encoding.ASCII.GetBytes(key), null, cancellationToken);
    }

    public void Dispose()
    {
        _producer.Dispose();
        _admin.Dispose();
    }

    async Task ProduceAsync(TopicPartition partition, byte[] key, byte[]? value, CancellationToken cancellationToken)
    {
        try
        {
            await _producer.ProduceAsync(
                new Confluent.Kafka.TopicPartition(_settings.Prefix + _name, partition.Partition),
                new Message<byte[], byte[]> { Key = key, Value = value! },
                cancellationToken);
        }
        catch (KafkaException e)
        {
            throw new MessageLogException(
                $"The snapshot of {partition} cannot be written to topic {_settings.Prefix}{_name} at {_settings.BootstrapServers}: {e.Error.Reason}", e);
        }
    }

    public async Task<Stream?> OpenAsync(TopicPartition partition, CancellationToken cancellationToken)
    {
        var reading = new Dictionary<Guid, Pieces>();
        Pieces? newest = null;
        var name = NameOf(partition);
        await foreach (var record in RecordsAsync(partition, cancellationToken))
        {
            var key = record.Key.Span;
            var value = record.Value.Span;
            if (!key[1..].StartsWith(name))
                continue;
            var slot = key[0] - '0';
            if (value.Length < HeaderBytes)
            {
                // Of a snapshot that is gone, or of one before it that was longer.
                if (Utf8Parser.TryParse(key[(name.Length + 1)..], out int removed, out _))
                {
                    newest = newest?.Has(slot, removed) == true ? null : newest;
                    foreach (var (gone, _) in reading.Where(other => other.Value.Has(slot, removed)).ToList())
                        reading.Remove(gone);
                }

                continue;
            }

            var id = new Guid(value[..IdBytes]);
            if (!reading.TryGetValue(id, out var pieces))
            {
                // A snapshot begun in a slot has overwritten the slot's previous one, complete or not.
                foreach (var (overwritten, _) in reading.Where(other => other.Value.Slot == slot && !ReferenceEquals(other.Value, newest)).ToList())
                    reading.Remove(overwritten);
                reading[id] = pieces = new Pieces(id, slot, new ReadOnlyMemory<byte>[BinaryPrimitives.ReadInt32LittleEndian(value[(IdBytes + sizeof(int))..])]);
            }

            if (pieces.Add(BinaryPrimitives.ReadInt32LittleEndian(value[IdBytes..]), record.Value[HeaderBytes..]))
                newest = pieces;
        }

        if (newest is null)
            return null;
        _newest[partition] = (newest.Slot, newest.Id);
        return new ConcatenatedStream(newest.All);
    }

    /// <summary>All records that the partition has now.</summary>
    async IAsyncEnumerable<TopicRecord> RecordsAsync(TopicPartition partition, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var reader = new KafkaReader(_settings, _admin, partition with { Topic = _name }, 0);
        while (await reader.NextAsync(wait: true, cancellationToken) is { Count: > 0 } records)
        {
            foreach (var record in records)
                yield return record;
        }
    }

    /// <summary>As it stands in keys, behind the slot.</summary>
    static byte[] NameOf(TopicPartition partition) => Encoding.ASCII.GetBytes($":{partition.Topic}:");

    sealed class Pieces(Guid id, int slot, ReadOnlyMemory<byte>[] all)
    {
        int _count;

        public Guid Id => id;

        public int Slot => slot;

        public ReadOnlyMemory<byte>[] All => all;

        public bool Has(int inSlot, int number) => slot == inSlot && number < all.Length && !all[number].IsEmpty;

        /// <summary>True once the snapshot is complete.</summary>
        public bool Add(int number, ReadOnlyMemory<byte> piece)
        {
            if ((uint)number >= (uint)all.Length || !all[number].IsEmpty)
                return false;
            all[number] = piece;
            return ++_count == all.Length;
        }
    }
}
