using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace FraudStreams.Model.Schemas;

/// <summary>Finds the index of a name by its UTF-8 bytes, without allocating a string. Immutable.</summary>
sealed class Utf8Names
{
    readonly byte[][] _names;
    readonly int[] _slots;

    internal Utf8Names(IEnumerable<string> names)
    {
        _names = [.. names.Select(Encoding.UTF8.GetBytes)];
        _slots = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, _names.Length * 3))];
        for (var i = 0; i < _names.Length; i++)
        {
            var slot = Hash(_names[i]) & (_slots.Length - 1);
            while (_slots[slot] != 0)
                slot = (slot + 1) & (_slots.Length - 1);
            _slots[slot] = i + 1;
        }
    }

    internal ReadOnlySpan<byte> this[int position] => _names[position];

    /// <summary>The index of <paramref name="name"/>, or −1.</summary>
    internal int Find(ReadOnlySpan<byte> name)
    {
        for (var slot = Hash(name) & (_slots.Length - 1); _slots[slot] != 0; slot = (slot + 1) & (_slots.Length - 1))
        {
            if (name.SequenceEqual(_names[_slots[slot] - 1]))
                return _slots[slot] - 1;
        }
        return -1;
    }

    static int Hash(ReadOnlySpan<byte> bytes)
    {
        const ulong prime = 0x9E37_79B9_7F4A_7C15;
        var hash = (ulong)bytes.Length * prime;
        while (bytes.Length >= 8)
        {
            hash = BitOperations.RotateLeft(hash ^ MemoryMarshal.Read<ulong>(bytes), 29) * prime;
            bytes = bytes[8..];
        }
        foreach (var b in bytes)
            hash = (hash ^ b) * prime;
        return (int)(hash >> 33);
    }
}
