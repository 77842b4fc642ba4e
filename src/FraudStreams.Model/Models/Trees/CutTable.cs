using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// Ascending thresholds, padded with +∞ to a power of two minus one, so that every binary search takes the same steps without branches. The
/// code of a value is the number of thresholds below it: <c>value &lt;= Cuts[i]</c> exactly if <c>code &lt;= i</c>.
/// </summary>
sealed class CutTable
{
    readonly double[] _padded;
    readonly int _firstStep;

    /// <param name="cuts">Strictly ascending.</param>
    public CutTable(double[] cuts)
    {
        Count = cuts.Length;
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)cuts.Length + 1);
        _firstStep = size / 2;
        _padded = new double[size];
        Array.Fill(_padded, double.PositiveInfinity);
        cuts.CopyTo(_padded, 0);
    }

    public int Count { get; }

    public double this[int index] => _padded[index];

    /// <summary>The code of a value; 0 for NaN.</summary>
    public int Code(double value)
    {
        ref var cuts = ref MemoryMarshal.GetArrayDataReference(_padded);
        var at = 0;
        for (var step = _firstStep; step > 0; step >>= 1)
            at += step & -Below(cuts: ref cuts, at + step - 1, value);
        return at;
    }

    /// <summary>The codes of every stride-th value. Four searches are interleaved, because one alone waits for its loads.</summary>
    /// <typeparam name="T">Wide enough for <see cref="Count"/>: a byte up to 255.</typeparam>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Codes<T>(ReadOnlySpan<double> values, int stride, Span<T> codes)
        where T : unmanaged, IBinaryInteger<T>
    {
        ref var cuts = ref MemoryMarshal.GetArrayDataReference(_padded);
        var row = 0;
        for (; row + 4 <= codes.Length; row += 4)
        {
            double v0 = values[row * stride], v1 = values[(row + 1) * stride];
            double v2 = values[(row + 2) * stride], v3 = values[(row + 3) * stride];
            int a0 = 0, a1 = 0, a2 = 0, a3 = 0;
            for (var step = _firstStep; step > 0; step >>= 1)
            {
                a0 += step & -Below(ref cuts, a0 + step - 1, v0);
                a1 += step & -Below(ref cuts, a1 + step - 1, v1);
                a2 += step & -Below(ref cuts, a2 + step - 1, v2);
                a3 += step & -Below(ref cuts, a3 + step - 1, v3);
            }
            codes[row] = T.CreateTruncating(a0);
            codes[row + 1] = T.CreateTruncating(a1);
            codes[row + 2] = T.CreateTruncating(a2);
            codes[row + 3] = T.CreateTruncating(a3);
        }
        for (; row < codes.Length; row++) codes[row] = T.CreateTruncating(Code(values[row * stride]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Below(ref double cuts, int index, double value)
    {
        var below = Unsafe.Add(ref cuts, (nint)(uint)index) < value;
        return Unsafe.BitCast<bool, byte>(below);
    }
}
