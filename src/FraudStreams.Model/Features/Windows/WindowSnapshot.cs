using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// The binary format of a window state, little-endian: "FSWINDOW", version, SHA-256 of the definitions, the caller's position, the watermark,
/// the pending labels if fraud is counted, the keys of each table with their events, and the SHA-256 of all of it. Running aggregates are not
/// stored: they follow from the events.
/// </summary>
static class WindowSnapshot
{
    const int Version = 2;
    const int MostPositionBytes = 1 << 20;
    const int MostKeyBytes = 1 << 24;
    const int EndOfKeys = -1;

    static ReadOnlySpan<byte> Magic => "FSWINDOW"u8;

    /// <returns>How many keys were left out.</returns>
    internal static int Write(
        Stream into, TransactionSchema schema, WindowScope scope, ReadOnlySpan<byte> position, Watermark watermark, PendingLabels? labels,
        ReadOnlySpan<WindowTable> tables, IReadOnlyCollection<byte[]> without)
    {
        if (position.Length > MostPositionBytes)
            throw new ArgumentException($"A position has at most {MostPositionBytes:N0} bytes, not {position.Length:N0}.");
        using var writer = new SnapshotWriter(into);
        writer.Bytes(Magic);
        writer.Int(Version);
        writer.Bytes(Definitions(schema, scope));
        writer.Int(position.Length);
        writer.Bytes(position);
        writer.Watermark(watermark);
        labels?.Write(writer);
        var leftOut = 0;
        foreach (var table in tables)
        {
            var part = table.Layout.By.IndexOf(schema.Roles.Card ?? "");
            foreach (var block in table.Blocks)
            {
                var key = table.KeyOf(block);
                if (IsOf(key, part, table.Layout.By.Length, without))
                {
                    leftOut++;
                    continue;
                }

                writer.Int(key.Length);
                writer.Bytes(key);
                var buffer = table.Open(block);
                writer.Int(buffer.Count);
                for (var index = 0; index < buffer.Count; index++)
                {
                    foreach (var word in buffer[index])
                        writer.Long(word);
                }
            }
            writer.Int(EndOfKeys);
        }
        writer.Finish();
        return leftOut;
    }

    internal static Watermark Read(
        Stream from, TransactionSchema schema, WindowScope scope, PendingLabels? labels, ReadOnlySpan<WindowTable> tables, CardTokens? cards, out byte[] position)
    {
        using var reader = new SnapshotReader(from);
        if (!reader.Bytes(Magic.Length).AsSpan().SequenceEqual(Magic))
            throw new WindowSnapshotException("The file is not a window snapshot: it does not start with FSWINDOW.");
        var version = reader.Int();
        if (version != Version)
            throw new WindowSnapshotException($"The snapshot is of version {version}; this program reads version {Version}.");
        if (!reader.Bytes(SHA256.HashSizeInBytes).AsSpan().SequenceEqual(Definitions(schema, scope)))
            throw new WindowSnapshotException($"The snapshot is of other window definitions than those of schema {schema.Name}.");
        position = reader.Bytes(reader.Int(0, MostPositionBytes));
        var watermark = reader.ReadWatermark();
        labels?.Read(reader);
        foreach (var table in tables)
            ReadKeys(reader, table, table.Layout.By.IndexOf(schema.Roles.Card ?? ""), cards);
        reader.Finish();
        return watermark;
    }

    /// <summary>Whether a key's card is one of these. A key of several fields has the length of each before it.</summary>
    /// <param name="part">The place of the card among the key's fields; −1 where it is none of them.</param>
    static bool IsOf(ReadOnlySpan<byte> key, int part, int parts, IReadOnlyCollection<byte[]> cards)
    {
        if (part < 0 || cards.Count == 0)
            return false;
        key = key[CardIn(key, part, parts)];
        foreach (var card in cards)
        {
            if (key.SequenceEqual(card))
                return true;
        }

        return false;
    }

    /// <summary>Where the card stands in a key.</summary>
    static Range CardIn(ReadOnlySpan<byte> key, int part, int parts)
    {
        if (parts == 1)
            return ..;
        var start = 0;
        for (var before = 0; before < part; before++)
            start += sizeof(int) + MemoryMarshal.Read<int>(key[start..]);
        var length = MemoryMarshal.Read<int>(key[start..]);
        return (start + sizeof(int))..(start + sizeof(int) + length);
    }

    /// <summary>The key with the token that its card has now.</summary>
    static byte[] WithCard(byte[] key, int part, int parts, CardTokens cards)
    {
        try
        {
            var place = CardIn(key, part, parts);
            var (start, length) = place.GetOffsetAndLength(key.Length);
            var card = cards.Key(key.AsSpan(start, length));
            if (parts == 1)
                return card;
            var changed = new byte[key.Length - length + card.Length];
            key.AsSpan(0, start).CopyTo(changed);
            MemoryMarshal.Write(changed.AsSpan(start - sizeof(int)), card.Length);
            card.CopyTo(changed.AsSpan(start));
            key.AsSpan(start + length).CopyTo(changed.AsSpan(start + card.Length));
            return changed;
        }
        catch (ArgumentOutOfRangeException)
        {
            throw SnapshotReader.Damaged();
        }
    }

    static void ReadKeys(SnapshotReader reader, WindowTable table, int part, CardTokens? cards)
    {
        var paymentEvent = new long[table.Layout.EventWords];
        while (reader.Int(EndOfKeys, MostKeyBytes) is var length and not EndOfKeys)
        {
            var key = reader.Bytes(length);
            var block = table.Restore(part >= 0 && cards is not null ? WithCard(key, part, table.Layout.By.Length, cards) : key);
            var count = reader.Int(1, int.MaxValue);
            var last = long.MinValue;
            for (var number = 0; number < count; number++)
            {
                for (var word = 0; word < paymentEvent.Length; word++)
                    paymentEvent[word] = reader.Long();
                if (block == 0 || paymentEvent[0] < last)
                    throw SnapshotReader.Damaged();
                last = paymentEvent[0];
                table.Restore(block, paymentEvent);
            }
        }
    }

    /// <summary>
    /// A hash of what the stored words mean: the window definitions without their names, and the types of their fields. Other edits of the schema
    /// do not invalidate a snapshot.
    /// </summary>
    static byte[] Definitions(TransactionSchema schema, WindowScope scope)
    {
        var windows = new JsonArray();
        foreach (var window in schema.WindowFeatures)
        {
            var json = SchemaJson.ToJson(window);
            json.Remove("name");
            json["of_type"] = window.Of is { } field ? schema.Fields[schema.IndexOf(field)].Type.ToString() : null;
            windows.Add(json);
        }
        var definitions = new JsonObject
        {
            ["windows"] = windows,
            ["scope"] = scope.ToString(),
            ["id"] = schema.Roles.Id,
            ["time"] = schema.Roles.Time,
            ["label"] = schema.Roles.Label,
        };
        return SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(definitions));
    }
}
