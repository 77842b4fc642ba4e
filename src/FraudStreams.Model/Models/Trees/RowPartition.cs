using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// Row numbers, partitioned by node in place: the rows of a node are one ascending range, so that their data is read in memory order.
/// </summary>
sealed class RowPartition(int capacity)
{
    public const int ChunkRows = 32_768;

    readonly int[] _rows = new int[capacity];
    readonly int[] _rights = new int[capacity];

    public int[] All => _rows;

    public ReadOnlySpan<int> Rows(int start, int count) => _rows.AsSpan(start, count);

    /// <summary>
    /// Moves the rows that go left to the front of the chunk and the others to a second buffer. Chunks may run concurrently.
    /// </summary>
    /// <returns>Number of rows that go left.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int PartitionChunk(int start, int count, byte[] column, ReadOnlySpan<byte> goesLeft)
    {
        ref var rows = ref MemoryMarshal.GetArrayDataReference(_rows);
        ref var lefts = ref Unsafe.Add(ref rows, start);
        ref var rights = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_rights), start);
        ref var bins = ref MemoryMarshal.GetArrayDataReference(column);
        ref var table = ref MemoryMarshal.GetReference(goesLeft);
        var left = 0;
        for (var i = 0; i < count; i++)
        {
            // Write to both and advance one: no branch to mispredict.
            var row = Unsafe.Add(ref rows, start + i);
            Unsafe.Add(ref lefts, left) = row;
            Unsafe.Add(ref rights, i - left) = row;
            left += Unsafe.Add(ref table, (nint)Unsafe.Add(ref bins, (nint)row));
        }
        return left;
    }

    /// <summary>After all chunks of a node: joins the rows that go left and appends the others.</summary>
    /// <param name="start">Index of the node's first row.</param>
    /// <param name="count">Number of the node's rows.</param>
    /// <param name="leftsOfChunks">What <see cref="PartitionChunk"/> returned for the node's chunks of <see cref="ChunkRows"/>, in order.</param>
    /// <returns>Number of rows that go left.</returns>
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
