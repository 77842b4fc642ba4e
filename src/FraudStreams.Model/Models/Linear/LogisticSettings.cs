namespace FraudStreams.Model.Models.Linear;

/// <summary>How to train a <see cref="LogisticRegression"/>.</summary>
public sealed record LogisticSettings
{
    /// <summary>
    /// L2 regularisation, above 0: the loss is Σ log loss + L2/2 · Σ weight², without the intercept (scikit-learn's 1/C).
    /// </summary>
    public double L2 { get; init; } = 1;

    /// <summary>Factor on the weight of rows labelled 1, above 0.</summary>
    public double PositiveWeight { get; init; } = 1;

    /// <summary>
    /// Most categories of a feature that get a weight of their own, 1..1000, the most frequent first; others count as none.
    /// </summary>
    public int MaxCategories { get; init; } = 50;

    /// <summary>Most Newton steps, 1..1000; about ten are usual.</summary>
    public int MaxIterations { get; init; } = 100;

    /// <summary>Training ends when a step changes the loss by less than this share of it, above 0.</summary>
    public double Tolerance { get; init; } = 1e-12;

    /// <summary>Threads to train on, ≥ 0; 0 is one a processor. The result does not depend on it.</summary>
    public int Threads { get; init; }

    /// <exception cref="ArgumentException">A setting is out of its range; the message names it, its value and what would be
    /// right.</exception>
    internal void Check()
    {
        Need(double.IsFinite(L2) && L2 > 0, nameof(L2), L2, "above 0");
        Need(double.IsFinite(PositiveWeight) && PositiveWeight > 0, nameof(PositiveWeight), PositiveWeight, "above 0");
        Need(MaxCategories is >= 1 and <= 1000, nameof(MaxCategories), MaxCategories, "1..1000");
        Need(MaxIterations is >= 1 and <= 1000, nameof(MaxIterations), MaxIterations, "1..1000");
        Need(Tolerance is > 0 and < 1, nameof(Tolerance), Tolerance, "above 0, below 1");
        Need(Threads is >= 0 and <= 1024, nameof(Threads), Threads, "0 (one a processor) or 1..1024");
    }

    static void Need<T>(bool holds, string name, T value, string range)
    {
        if (!holds) throw new ArgumentException($"{nameof(LogisticSettings)}.{name} is {value}; it must be {range}.");
    }
}
