using System.Runtime.CompilerServices;

namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// Allocates blocks of 64-bit words from large arrays, in size classes of 4, 8, 12, 16, 24, 32, 48, … words. Returned blocks are reused for
/// the same class, so that a steady state allocates nothing and the garbage collector sees only a few arrays. Not thread-safe.
/// </summary>
/// <param name="firstWords">Length of the first array: a state of a few keys needs no large one. Later arrays are larger, up to the full size.</param>
sealed class SlabAllocator(int firstWords = SlabAllocator.ChunkWords)
{
    internal const int SmallFirst = 1 << 9;

    const int UnitWords = 4;
    const int ChunkWords = 1 << 16;
    const int ChunkUnits = ChunkWords / UnitWords;

    static readonly int[] Sizes = [4, 8, .. Enumerable.Range(0, 25).SelectMany(k => new[] { 12 << k, 16 << k })];

    readonly List<long[]?> _chunks = [];
    readonly uint[] _free = new uint[Sizes.Length];
    long[] _last = [];
    uint _lastStart;
    int _nextWords = firstWords;

    // Unit 0 stays unused, so that handle 0 means no block.
    int _used = UnitWords;

    /// <summary>Bytes of all arrays, rented or free.</summary>
    internal long Bytes { get; private set; }

    internal static int WordsOf(int size) => Sizes[size];

    /// <summary>The smallest size class with at least this many words.</summary>
    internal static int SizeFor(int words)
    {
        var size = 0;
        while (Sizes[size] < words)
            size++;
        return size;
    }

    /// <summary>Rents a block of a size class; its content is undefined.</summary>
    internal uint Rent(int size)
    {
        var handle = _free[size];
        if (handle != 0)
        {
            _free[size] = (uint)Words(handle, size)[0];
            return handle;
        }
        var words = Sizes[size];
        if (words > ChunkWords)
            return OwnChunk(words);
        if (_last.Length - _used < words)
            NextChunk(words);
        handle = _lastStart + (uint)(_used / UnitWords);
        _used += words;
        return handle;
    }

    internal void Return(uint handle, int size)
    {
        Words(handle, size)[0] = _free[size];
        _free[size] = handle;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Span<long> Words(uint handle, int size) =>
        _chunks[(int)(handle / ChunkUnits)].AsSpan((int)(handle % ChunkUnits) * UnitWords, Sizes[size]);

    /// <summary>A block larger than a chunk has its own array, at the first of the chunk numbers that it occupies.</summary>
    uint OwnChunk(int words)
    {
        var handle = (uint)_chunks.Count * ChunkUnits;
        if (_chunks.Count == 0)
        {
            NextChunk(UnitWords);
            return OwnChunk(words);
        }
        Add(new long[words]);
        for (var more = (words - 1) / ChunkWords; more > 0; more--)
            _chunks.Add(null);
        return handle;
    }

    /// <param name="words">What must fit into it, at most a chunk.</param>
    void NextChunk(int words)
    {
        // Split the rest of the last chunk into smaller free blocks.
        for (var size = Sizes.Length - 1; size >= 0; size--)
        {
            while (_last.Length - _used >= Sizes[size])
            {
                var rest = _lastStart + (uint)(_used / UnitWords);
                _used += Sizes[size];
                Return(rest, size);
            }
        }
        _used = _chunks.Count == 0 ? UnitWords : 0;
        _lastStart = checked((uint)_chunks.Count * ChunkUnits);
        while (_nextWords < ChunkWords && _nextWords - _used < words)
            _nextWords = Math.Min(_nextWords * 4, ChunkWords);
        _last = new long[_nextWords];
        _nextWords = Math.Min(_nextWords * 4, ChunkWords);
        Add(_last);
    }

    void Add(long[] chunk)
    {
        _chunks.Add(chunk);
        Bytes += chunk.Length * (long)sizeof(long);
    }
}
