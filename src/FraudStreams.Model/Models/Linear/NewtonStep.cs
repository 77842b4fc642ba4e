namespace FraudStreams.Model.Models.Linear;

/// <summary>Loss, gradient and Hessian (lower triangle) of the penalised logistic loss at one point.</summary>
sealed class NewtonStep(int size)
{
    public double Loss { get; set; }

    public double[] Gradient { get; } = new double[size];

    public double[] Hessian { get; } = new double[size * size];

    public void Add(NewtonStep other)
    {
        Loss += other.Loss;
        for (var i = 0; i < size; i++) Gradient[i] += other.Gradient[i];
        for (var i = 0; i < Hessian.Length; i++) Hessian[i] += other.Hessian[i];
    }

    /// <summary>Solves Hessian · x = Gradient by Cholesky decomposition, which overwrites the Hessian.</summary>
    public double[] Solve()
    {
        var h = Hessian;
        for (var i = 0; i < size; i++)
            for (var j = 0; j <= i; j++)
            {
                var sum = h[i * size + j] - Dot(h.AsSpan(i * size, j), h.AsSpan(j * size, j));
                // The penalty makes the diagonal positive; the floor guards against rounding.
                h[i * size + j] = i == j ? Math.Sqrt(Math.Max(sum, 1e-12)) : sum / h[j * size + j];
            }
        var x = new double[size];
        for (var i = 0; i < size; i++) x[i] = (Gradient[i] - Dot(h.AsSpan(i * size, i), x.AsSpan(0, i))) / h[i * size + i];
        for (var i = size - 1; i >= 0; i--)
        {
            x[i] /= h[i * size + i];
            for (var j = 0; j < i; j++) x[j] -= h[i * size + j] * x[i];
        }
        return x;
    }

    static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }
}
