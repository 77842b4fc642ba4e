using System.Runtime.InteropServices;

namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// Finds a key's block by its bytes: a hash table with open addressing over (hash, block) pairs. The key's bytes are stored in its block,
/// after the words of its running aggregates. Removal shifts later entries back, so that no slot is lost to tombstones.
/// </summary>
sealed class KeySlots(SlabAllocator slabs, int keyWords)
{
    const int LeastSlots = 16;

    Slot[] _slots = new Slot[LeastSlots];

    internal int Count { get; private set; }

    internal int Length => _slots.Length;

    internal long Bytes => _slots.Length * 8L;

    /// <summary>The block in a slot, or 0.</summary>
    internal uint BlockAt(int slot) => _slots[slot].Block;

    internal static int SizeFor(int keyWords, int keyBytes) => SlabAllocator.SizeFor(keyWords + ((keyBytes + 7) / 8));

    internal Span<long> Words(uint block)
    {
        // The header is in the block whatever its size, and gives the size.
        var length = (int)slabs.Words(block, 0)[2];
        return slabs.Words(block, SizeFor(keyWords, length));
    }

    internal ReadOnlySpan<byte> KeyOf(Span<long> words) => MemoryMarshal.AsBytes(words[keyWords..])[..(int)words[2]];

    /// <summary>The key's block, or 0.</summary>
    internal uint Find(ReadOnlySpan<byte> key, ulong hash)
    {
        var mask = _slots.Length - 1;
        for (var slot = (int)hash & mask; _slots[slot].Block != 0; slot = (slot + 1) & mask)
        {
            if (_slots[slot].Hash == (uint)hash && KeyOf(Words(_slots[slot].Block)).SequenceEqual(key))
                return _slots[slot].Block;
        }
        return 0;
    }

    /// <summary>Adds a block for a new key, with its header and running aggregates set to 0.</summary>
    internal uint Add(ReadOnlySpan<byte> key, ulong hash)
    {
        if ((Count + 1) * 4L > _slots.Length * 3L)
            Grow();
        var size = SizeFor(keyWords, key.Length);
        var block = slabs.Rent(size);
        var words = slabs.Words(block, size);
        words[..keyWords].Clear();
        words[2] = key.Length;
        key.CopyTo(MemoryMarshal.AsBytes(words[keyWords..]));
        Insert(new Slot((uint)hash, block));
        Count++;
        return block;
    }

    /// <summary>Removes the key in a slot. Another key may then be in that slot.</summary>
    internal void RemoveAt(int slot)
    {
        var block = _slots[slot].Block;
        slabs.Return(block, SizeFor(keyWords, (int)slabs.Words(block, 0)[2]));
        Count--;
        var mask = _slots.Length - 1;
        var hole = slot;
        for (var next = (slot + 1) & mask; _slots[next].Block != 0; next = (next + 1) & mask)
        {
            // This entry may move to the hole unless its home slot lies between the two.
            var home = (int)_slots[next].Hash & mask;
            if (((next - home) & mask) < ((next - hole) & mask))
                continue;
            _slots[hole] = _slots[next];
            hole = next;
        }
        _slots[hole] = default;
    }

    void Grow()
    {
        var old = _slots;
        _slots = new Slot[old.Length * 2];
        foreach (var slot in old)
        {
            if (slot.Block != 0)
                Insert(slot);
        }
    }

    void Insert(Slot entry)
    {
        var mask = _slots.Length - 1;
        var slot = (int)entry.Hash & mask;
        while (_slots[slot].Block != 0)
            slot = (slot + 1) & mask;
        _slots[slot] = entry;
    }

    readonly record struct Slot(uint Hash, uint Block);
}
