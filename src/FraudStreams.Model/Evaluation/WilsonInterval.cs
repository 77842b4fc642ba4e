namespace FraudStreams.Model.Evaluation;

/// <summary>Bounds of a share that was counted (Wilson 1927): of few rows, too, they lie in 0..1.</summary>
public static class WilsonInterval
{
    /// <summary>The standard normal quantile of a two-sided 95% interval.</summary>
    const double Z = 1.959963984540054;

    /// <summary>The two-sided 95% interval.</summary>
    /// <param name="hits">Of <paramref name="rows"/>, 0 or more.</param>
    /// <param name="rows">At least 1.</param>
    public static (double Lower, double Upper) Of(long hits, long rows)
    {
        var share = (double)hits / rows;
        var scale = 1 + (Z * Z / rows);
        var middle = (share + (Z * Z / (2 * rows))) / scale;
        var half = Z / scale * Math.Sqrt((share * (1 - share) / rows) + (Z * Z / (4.0 * rows * rows)));
        return (hits == 0 ? 0 : middle - half, hits == rows ? 1 : middle + half);
    }
}
