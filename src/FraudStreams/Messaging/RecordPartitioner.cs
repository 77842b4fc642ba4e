using FraudStreams.Model.Schemas;

namespace FraudStreams.Messaging;

/// <summary>
/// Chooses a record's partition: FNV-1a (64 bits) of the key's bytes, folded to 32 bits, modulo the partition count. The same key is in the same
/// partition in every process and release. Of a card's token only what a rotation leaves as it is counts (<see cref="CardTokens.PlaceOf"/>). Records without a key
/// have no order to keep and are distributed round-robin.
/// </summary>
internal struct RecordPartitioner
{
    uint _turn;

    public int PartitionOf(ReadOnlySpan<byte> key, int partitions)
    {
        if (partitions == 1) return 0;
        return (int)((key.IsEmpty ? _turn++ : Hash(CardTokens.PlaceOf(key))) % (uint)partitions);
    }

    static uint Hash(ReadOnlySpan<byte> key)
    {
        var hash = 14695981039346656037UL;
        foreach (var b in key) hash = (hash ^ b) * 1099511628211UL;
        return (uint)(hash ^ (hash >> 32));
    }
}
