namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// Numbers as whole multiples of a power of two, so that sums are exact: what was added and taken away again leaves no trace, and a sum
/// depends only on what is in it. NaN counts 0.
/// </summary>
static class FixedPoint
{
    const double SumScale = 1L << 48;
    const double SumLimit = 1L << 40;
    const double SquareScale = 1L << 24;
    const double SquareLimit = 1L << 36;

    /// <summary>Multiples of 2⁻⁴⁸, up to ±2⁴⁰; ties go to the even one.</summary>
    internal static Int128 ForSum(double value)
    {
        if (double.IsNaN(value))
            return 0;
        var scaled = Math.Round(Math.Clamp(value, -SumLimit, SumLimit) * SumScale);
        return Math.Abs(scaled) < long.MaxValue ? (long)scaled : (Int128)scaled;
    }

    /// <summary>Multiples of 2⁻²⁴, up to ±2³⁶, so that the square fits 120 bits.</summary>
    internal static long ForSquare(double value) =>
        double.IsNaN(value) ? 0 : (long)Math.Round(Math.Clamp(value, -SquareLimit, SquareLimit) * SquareScale);

    internal static double FromSum(Int128 sum) =>
        (sum == (long)sum ? (long)sum : (double)sum) / SumScale;

    /// <summary>
    /// Standard deviation of <paramref name="count"/> values, from the sum and the sum of the squares of their multiples. With
    /// the mean m rounded to a multiple, Σ(x − m)² is exact even where the sums it is made of run over, as long as it fits itself.
    /// </summary>
    internal static double Deviation(long count, Int128 sum, Int128 squares)
    {
        var mean = sum / count;
        var rest = (double)(sum - (mean * count)) / count;
        var aroundRounded = squares - (2 * mean * sum) + (count * mean * mean);
        var variance = ((double)aroundRounded / count) - (rest * rest);
        return Math.Sqrt(Math.Max(0, variance)) / SquareScale;
    }
}
