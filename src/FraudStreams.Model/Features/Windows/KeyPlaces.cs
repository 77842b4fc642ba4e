namespace FraudStreams.Model.Features.Windows;

/// <summary>A record: the partition that it is in, and its offset there.</summary>
public readonly record struct RecordPlace(int Partition, long Offset);

/// <summary>
/// Where keys were last seen, to notice one that comes from two partitions: a table of fixed size, in which a key replaces another of the same slot. So a key may
/// be missed, the sooner the more keys there are; that two different keys are taken for one has, by their 64-bit hashes, no chance worth counting. Not
/// thread-safe.
/// </summary>
/// <param name="slots">A power of two; 24 bytes each.</param>
public sealed class KeyPlaces(int slots)
{
    readonly (ulong Hash, RecordPlace Place)[] _slots = new (ulong, RecordPlace)[slots];

    /// <summary>Notes where a key is.</summary>
    /// <param name="key">The key.</param>
    /// <param name="place">The record that has it.</param>
    /// <returns>Where it was last seen, if that is another partition; else null.</returns>
    public RecordPlace? Take(ReadOnlySpan<byte> key, RecordPlace place)
    {
        var hash = StableHash.Of(key);
        ref var slot = ref _slots[hash & (ulong)(_slots.Length - 1)];
        var before = slot;
        slot = (hash, place);
        return before.Hash == hash && before.Place.Partition != place.Partition ? before.Place : null;
    }
}
