using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// Row numbers, parted node by node in place: the rows of a node are one range, ascending, so that everything read for them is read
/// in the order of memory.
/// </summary>
sealed class RowPartition(int capacity)
{
    public const int ChunkRows = 32_768;

    readonly int[] _rows = new int[capacity];
    readonly int[] _rights = new int[capacity];

    public int[] All => _rows;

    public ReadOnlySpan<int> Rows(int start, int count) => _rows.AsSpan(start, count);

    /// <summary>
    /// Moves the rows that go left to the front of the chunk and keeps the others aside. Chunks may run at the same time.
    /// </summary>
    /// <returns>How many go left.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int PartChunk(int start, int count, byte[] column, ReadOnlySpan<byte> goesLeft)
    {
        ref var rows = ref MemoryMarshal.GetArrayDataReference(_rows);
        ref var lefts = ref Unsafe.Add(ref rows, start);
        ref var rights = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_rights), start);
        ref var bins = ref MemoryMarshal.GetArrayDataReference(column);
        ref var table = ref MemoryMarshal.GetReference(goesLeft);
        var left = 0;
        for (var i = 0; i < count; i++)
        {
            // Both are written and one place moves on: no branch to guess wrong.
            var row = Unsafe.Add(ref rows, start + i);
            Unsafe.Add(ref lefts, left) = row;
            Unsafe.Add(ref rights, i - left) = row;
            left += Unsafe.Add(ref table, (nint)Unsafe.Add(ref bins, (nint)row));
        }
        return left;
    }

    /// <summary>After all chunks of a node: closes the gaps between the lefts and puts the others behind them.</summary>
    /// <param name="leftsOfChunks">What <see cref="PartChunk"/> returned for the node's chunks of <see cref="ChunkRows"/>, in
    /// order.</param>
    public int Join(int start, int count, ReadOnlySpan<int> leftsOfChunks)
    {
        var at = start;
        for (var chunk = 0; chunk < leftsOfChunks.Length; chunk++)
        {
            _rows.AsSpan(start + chunk * ChunkRows, leftsOfChunks[chunk]).CopyTo(_rows.AsSpan(at));
            at += leftsOfChunks[chunk];
        }
        var left = at - start;
        for (var chunk = 0; chunk < leftsOfChunks.Length; chunk++)
        {
            var from = start + chunk * ChunkRows;
            var rights = Math.Min(ChunkRows, start + count - from) - leftsOfChunks[chunk];
            _rights.AsSpan(from, rights).CopyTo(_rows.AsSpan(at));
            at += rights;
        }
        return left;
    }
}
