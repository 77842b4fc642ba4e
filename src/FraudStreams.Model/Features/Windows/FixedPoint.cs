namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// Numbers as integer multiples of a power of two, so that sums are exact: adding and subtracting a value leaves the sum unchanged, and a
/// sum depends only on its terms, not on their order. NaN counts as 0.
/// </summary>
static class FixedPoint
{
    const double SumScale = 1L << 48;
    const double SumLimit = 1L << 40;
    const double SquareScale = 1L << 24;
    const double SquareLimit = 1L << 36;

    /// <summary>Multiples of 2⁻⁴⁸, clamped to ±2⁴⁰; ties round to even.</summary>
    internal static Int128 ForSum(double value)
    {
        if (double.IsNaN(value))
            return 0;
        var scaled = Math.Round(Math.Clamp(value, -SumLimit, SumLimit) * SumScale);
        return Math.Abs(scaled) < long.MaxValue ? (long)scaled : (Int128)scaled;
    }

    /// <summary>Multiples of 2⁻²⁴, clamped to ±2³⁶, so that the square fits in 120 bits.</summary>
    internal static long ForSquare(double value) =>
        double.IsNaN(value) ? 0 : (long)Math.Round(Math.Clamp(value, -SquareLimit, SquareLimit) * SquareScale);

    internal static double FromSum(Int128 sum) =>
        (sum == (long)sum ? (long)sum : (double)sum) / SumScale;

    /// <summary>
    /// Population standard deviation of <paramref name="count"/> values, from the sum and the sum of squares of their multiples. With the
    /// mean m rounded to a multiple, Σ(x − m)² is exact even if its terms overflow, as long as the result itself fits.
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
