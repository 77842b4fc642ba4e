using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// First and second derivative of the logistic loss for each row, as fixed-point numbers: two 32-bit integers in a 64-bit word. Integer sums are
/// exact: a histogram does not depend on the order or threads that added its rows, and parent minus one child is the other child without
/// rounding.
/// </summary>
sealed class GradientPairs
{
    const int ChunkRows = 16_384;
    static readonly int s_lanes = Vector256<float>.Count;

    readonly float[] _labels;
    readonly float[] _weights;
    readonly float _toFixed;

    public GradientPairs(TrainingSet set, double positiveWeight)
    {
        Rows = set.Rows;
        // Padded to whole vectors; the padding is never read.
        var padded = (set.Rows + s_lanes - 1) / s_lanes * s_lanes;
        _labels = new float[padded];
        _weights = new float[padded];
        Margins = new float[padded];
        Words = new ulong[padded];
        var largest = 0f;
        for (var row = 0; row < set.Rows; row++)
        {
            var label = set.Labels.Span[row];
            var weight = (set.Weights.IsEmpty ? 1f : set.Weights.Span[row]) * (label == 1 ? (float)positiveWeight : 1f);
            _labels[row] = label;
            _weights[row] = weight;
            largest = Math.Max(largest, weight);
            WeightOfAll += weight;
            if (label == 1) WeightOfPositives += weight;
        }
        // |gradient| ≤ largest weight, so a row is at most 2^30 units, and 2^33 rows fit in a 64-bit sum.
        _toFixed = MathF.ScaleB(1, 30 - (largest == 0 ? 0 : (int)MathF.Ceiling(MathF.Log2(largest))));
    }

    public int Rows { get; }

    public double WeightOfAll { get; }

    public double WeightOfPositives { get; }

    /// <summary>Log-odds of each row with the trees so far.</summary>
    public float[] Margins { get; }

    /// <summary>The pair of each row: the gradient in the low half, the second derivative in the high half.</summary>
    public ulong[] Words { get; }

    /// <summary>Value of one unit of a sum.</summary>
    public double Unit => 1.0 / _toFixed;

    public void Compute(Workers workers) => workers.RunChunks(Margins.Length, ChunkRows, ComputeChunk);

    void ComputeChunk(int start, int count)
    {
        ref var margins = ref MemoryMarshal.GetArrayDataReference(Margins);
        ref var labels = ref MemoryMarshal.GetArrayDataReference(_labels);
        ref var weights = ref MemoryMarshal.GetArrayDataReference(_weights);
        ref var words = ref MemoryMarshal.GetArrayDataReference(Words);
        var one = Vector256<float>.One;
        var scale = Vector256.Create(_toFixed);
        for (var at = (nuint)start; at < (nuint)(start + count); at += (nuint)Vector256<float>.Count)
        {
            var p = one / (one + Vector256.Exp(-Vector256.LoadUnsafe(ref margins, at)));
            var weight = Vector256.LoadUnsafe(ref weights, at) * scale;
            var g = Vector256.ConvertToInt32((p - Vector256.LoadUnsafe(ref labels, at)) * weight).AsUInt32();
            var h = Vector256.ConvertToInt32(p * (one - p) * weight).AsUInt32();
            var (gLow, gHigh) = Vector256.Widen(g);
            var (hLow, hHigh) = Vector256.Widen(h);
            (gLow | (hLow << 32)).StoreUnsafe(ref words, at);
            (gHigh | (hHigh << 32)).StoreUnsafe(ref words, at + 4);
        }
    }
}
