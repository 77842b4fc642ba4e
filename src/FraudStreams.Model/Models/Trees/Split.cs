namespace FraudStreams.Model.Models.Trees;

/// <summary>Sums over the rows of a node, in fixed-point units.</summary>
readonly record struct Sums(long Gradient, long Hessian)
{
    public static Sums operator +(Sums a, Sums b) => new(a.Gradient + b.Gradient, a.Hessian + b.Hessian);

    public static Sums operator -(Sums a, Sums b) => new(a.Gradient - b.Gradient, a.Hessian - b.Hessian);
}

/// <summary>A set of bin numbers 0..255.</summary>
struct BinSet : IEquatable<BinSet>
{
    ulong _a, _b, _c, _d;

    public void Add(int bin)
    {
        var bit = 1UL << (bin & 63);
        switch (bin >> 6)
        {
            case 0: _a |= bit; break;
            case 1: _b |= bit; break;
            case 2: _c |= bit; break;
            default: _d |= bit; break;
        }
    }

    public readonly bool Contains(int bin) => ((bin >> 6) switch { 0 => _a, 1 => _b, 2 => _c, _ => _d } >> (bin & 63) & 1) != 0;

    public readonly bool Equals(BinSet other) => _a == other._a && _b == other._b && _c == other._c && _d == other._d;

    public override readonly bool Equals(object? obj) => obj is BinSet other && Equals(other);

    public override readonly int GetHashCode() => HashCode.Combine(_a, _b, _c, _d);
}

/// <summary>The best split of a node.</summary>
/// <param name="Feature">Index of the feature; −1 if no split has a gain.</param>
/// <param name="Gain">Reduction of the loss, above 0 (Chen &amp; Guestrin 2016, eq. 7, without the factor one half).</param>
/// <param name="Bin">Numbers: the last bin that goes left.</param>
/// <param name="Set">Categories: the bins that go left.</param>
/// <param name="MissingLeft">Whether rows without a value go left.</param>
/// <param name="Left">Sums over the rows that go left.</param>
readonly record struct Split(int Feature, double Gain, int Bin, BinSet Set, bool MissingLeft, Sums Left)
{
    public static Split None { get; } = new(-1, 0, 0, default, false, default);

    /// <summary>Ties go to the lower feature, so that the order of comparison does not matter.</summary>
    public bool BetterThan(Split other) => Gain > other.Gain || (Gain == other.Gain && Feature >= 0 && Feature < other.Feature);
}
