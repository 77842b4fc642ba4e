namespace FraudStreams.Messaging;

/// <summary>The part of a record's key that decides its partition, where keys that are one and the same to their users differ in the rest.</summary>
public delegate ReadOnlySpan<byte> KeyPlace(ReadOnlySpan<byte> key);

/// <summary>
/// Chooses a record's partition: FNV-1a (64 bits) of the key's bytes, folded to 32 bits, modulo the partition count. The same key is in the same
/// partition in every process and release. Records without a key have no order to keep and are distributed round-robin.
/// </summary>
/// <param name="placeOf">The part of a key that counts; null: all of it.</param>
internal struct RecordPartitioner(KeyPlace? placeOf)
{
    uint _turn;

    public int PartitionOf(ReadOnlySpan<byte> key, int partitions)
    {
        if (partitions == 1) return 0;
        return (int)((key.IsEmpty ? _turn++ : Hash(placeOf is null ? key : placeOf(key))) % (uint)partitions);
    }

    static uint Hash(ReadOnlySpan<byte> key)
    {
        var hash = 14695981039346656037UL;
        foreach (var b in key) hash = (hash ^ b) * 1099511628211UL;
        return (uint)(hash ^ (hash >> 32));
    }
}
