namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// Maps a payment id to the key blocks that hold its event: a hash table with open addressing over (hash of the id, block) pairs, one entry
/// an event. A repeated id has several entries.
/// </summary>
sealed class LabelIndex
{
    const int LeastSlots = 16;

    ulong[] _ids = new ulong[LeastSlots];
    uint[] _blocks = new uint[LeastSlots];
    int _count;

    internal long Bytes => _ids.Length * (sizeof(ulong) + (long)sizeof(uint));

    int Mask => _ids.Length - 1;

    /// <summary>The first entry of an id, or −1.</summary>
    internal int First(ulong id) => From((int)id & Mask, id);

    /// <summary>The next entry of the same id, or −1.</summary>
    internal int Next(int entry, ulong id) => From((entry + 1) & Mask, id);

    internal uint BlockAt(int entry) => _blocks[entry];

    internal void Add(ulong id, uint block)
    {
        if ((_count + 1) * 4L > _ids.Length * 3L)
            Grow();
        Insert(id, block);
        _count++;
    }

    /// <summary>Removes one entry of this id and block.</summary>
    internal void Remove(ulong id, uint block)
    {
        var hole = First(id);
        while (_blocks[hole] != block)
            hole = Next(hole, id);
        for (var next = (hole + 1) & Mask; _blocks[next] != 0; next = (next + 1) & Mask)
        {
            var home = (int)_ids[next] & Mask;
            if (((next - home) & Mask) < ((next - hole) & Mask))
                continue;
            _ids[hole] = _ids[next];
            _blocks[hole] = _blocks[next];
            hole = next;
        }
        _blocks[hole] = 0;
        _count--;
    }

    int From(int slot, ulong id)
    {
        for (; _blocks[slot] != 0; slot = (slot + 1) & Mask)
        {
            if (_ids[slot] == id)
                return slot;
        }
        return -1;
    }

    void Grow()
    {
        var (ids, blocks) = (_ids, _blocks);
        _ids = new ulong[ids.Length * 2];
        _blocks = new uint[ids.Length * 2];
        for (var slot = 0; slot < ids.Length; slot++)
        {
            if (blocks[slot] != 0)
                Insert(ids[slot], blocks[slot]);
        }
    }

    void Insert(ulong id, uint block)
    {
        var slot = (int)id & Mask;
        while (_blocks[slot] != 0)
            slot = (slot + 1) & Mask;
        _ids[slot] = id;
        _blocks[slot] = block;
    }
}
