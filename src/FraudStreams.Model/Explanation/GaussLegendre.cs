namespace FraudStreams.Model.Explanation;

/// <summary>Gauss–Legendre quadrature on 0..1: with n points it integrates polynomials up to degree 2n − 1 exactly, within rounding.</summary>
sealed class GaussLegendre
{
    const int MaxSteps = 100;

    GaussLegendre(double[] points, double[] weights)
    {
        Points = points;
        Weights = weights;
    }

    public double[] Points { get; }

    public double[] Weights { get; }

    /// <summary>For polynomials up to a degree, at least 0.</summary>
    public static GaussLegendre ForDegree(int degree)
    {
        var n = degree / 2 + 1;
        var (points, weights) = (new double[n], new double[n]);
        for (var i = 0; i < n; i++)
        {
            // Newton's method on the Legendre polynomial from Chebyshev's estimate of its root.
            var x = Math.Cos(Math.PI * (i + 0.75) / (n + 0.5));
            var slope = 1.0;
            for (var step = 0; step < MaxSteps; step++)
            {
                (var value, slope) = Legendre(n, x);
                var change = value / slope;
                x -= change;
                if (Math.Abs(change) < 1e-15)
                    break;
            }

            slope = Legendre(n, x).Slope;
            points[i] = (1 + x) / 2;
            weights[i] = 1 / ((1 - x * x) * slope * slope);
        }

        return new GaussLegendre(points, weights);
    }

    static (double Value, double Slope) Legendre(int n, double x)
    {
        var (before, value) = (1.0, x);
        for (var k = 2; k <= n; k++)
            (before, value) = (value, ((2 * k - 1) * x * value - (k - 1) * before) / k);
        return (value, n * (x * value - before) / (x * x - 1));
    }
}
