using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// Sums of gradient pairs by feature and bin. A histogram has features (rounded up to a multiple of eight) × 256 bins × 2 longs: the sum of
/// gradients and the sum of second derivatives. Histograms are pooled; a few dozen are enough for a training. The pool is not thread-safe.
/// </summary>
sealed class Histograms(BinnedMatrix matrix, GradientPairs pairs)
{
    /// <summary>256 pairs plus one cache line, so that equal bins of neighbouring features do not map to the same cache set.</summary>
    public const int LongsInFeature = 256 * 2 + 8;

    /// <summary>Rows whose bins and pairs stay in the L1 cache while the features are processed, eight at a time.</summary>
    const int BlockRows = 256;

    readonly Stack<long[]> _free = new();
    readonly int _words = matrix.WordsInRow;

    public long[] Rent() =>
        _free.TryPop(out var histogram) ? histogram : new long[_words * BinnedMatrix.FeaturesInWord * LongsInFeature];

    public void Return(long[] histogram) => _free.Push(histogram);

    /// <summary>Sets the histogram to the sums over the given rows.</summary>
    public void Build(ReadOnlySpan<int> rows, long[] histogram)
    {
        Array.Clear(histogram);
        ref var sums = ref MemoryMarshal.GetArrayDataReference(histogram);
        var features = matrix.Columns.Length;
        while (!rows.IsEmpty)
        {
            var block = rows[..Math.Min(rows.Length, BlockRows)];
            for (var word = 0; word < _words; word++)
            {
                ref var first = ref Unsafe.Add(ref sums, word * BinnedMatrix.FeaturesInWord * LongsInFeature);
                var inWord = Math.Min(BinnedMatrix.FeaturesInWord, features - word * BinnedMatrix.FeaturesInWord);
                if (inWord == BinnedMatrix.FeaturesInWord) AddEight(block, word, ref first);
                else AddFewer(block, word, inWord, ref first);
            }
            rows = rows[block.Length..];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void AddEight(ReadOnlySpan<int> rows, int word, ref long sums)
    {
        ref var bins = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(matrix.Words), word);
        ref var gradients = ref MemoryMarshal.GetArrayDataReference(pairs.Words);
        var perRow = (nint)_words;
        foreach (var row in rows)
        {
            var pair = Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.Add(ref gradients, (nint)row)).AsInt32());
            var eight = Unsafe.Add(ref bins, row * perRow);
            Add(ref sums, 0, (byte)eight, pair);
            Add(ref sums, 1, (byte)(eight >> 8), pair);
            Add(ref sums, 2, (byte)(eight >> 16), pair);
            Add(ref sums, 3, (byte)(eight >> 24), pair);
            Add(ref sums, 4, (byte)(eight >> 32), pair);
            Add(ref sums, 5, (byte)(eight >> 40), pair);
            Add(ref sums, 6, (byte)(eight >> 48), pair);
            Add(ref sums, 7, (byte)(eight >> 56), pair);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void AddFewer(ReadOnlySpan<int> rows, int word, int features, ref long sums)
    {
        ref var bins = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(matrix.Words), word);
        ref var gradients = ref MemoryMarshal.GetArrayDataReference(pairs.Words);
        var perRow = (nint)_words;
        foreach (var row in rows)
        {
            var pair = Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.Add(ref gradients, (nint)row)).AsInt32());
            var bytes = Unsafe.Add(ref bins, row * perRow);
            for (var f = 0; f < features; f++, bytes >>= 8) Add(ref sums, f, (byte)bytes, pair);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Add(ref long sums, int feature, byte bin, Vector128<long> pair)
    {
        ref var sum = ref Unsafe.Add(ref sums, (nint)(uint)(feature * LongsInFeature + bin * 2));
        (Vector128.LoadUnsafe(ref sum) + pair).StoreUnsafe(ref sum);
    }
}
