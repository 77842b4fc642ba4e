namespace FraudStreams.Model.Models.Linear;

/// <summary>The hyperparameters of <see cref="LogisticRegression"/>.</summary>
public sealed record LogisticSettings
{
    /// <summary>
    /// L2 regularisation, above 0: the loss is Σ log loss + L2/2 · Σ weight², intercept excluded (scikit-learn's 1/C).
    /// </summary>
    public double L2 { get; init; } = 1;

    /// <summary>Factor on the weight of rows labelled 1, above 0. Above 1, scores are no longer calibrated probabilities.</summary>
    public double PositiveWeight { get; init; } = 1;

    /// <summary>
    /// Maximum number of categories of a feature that get a weight, 1..1000; the most frequent ones, the others count as unknown.
    /// </summary>
    public int MaxCategories { get; init; } = 50;

    /// <summary>Maximum number of Newton steps, 1..1000; about ten are usual.</summary>
    public int MaxIterations { get; init; } = 100;

    /// <summary>Training stops when a step changes the loss by at most this share of it; above 0, below 1.</summary>
    public double Tolerance { get; init; } = 1e-12;

    /// <summary>Number of training threads, 0..1024; 0 is one for each processor. The result does not depend on it.</summary>
    public int Threads { get; init; }

    /// <exception cref="ArgumentException">A setting is out of range; the message gives its name, value and range.</exception>
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
