namespace FraudStreams.Model.Models.MLNet;

/// <summary>A trainer of ML.NET.</summary>
public enum MLNetAlgorithm
{
    /// <summary>Logistic regression by L-BFGS.</summary>
    Logistic,

    /// <summary>LightGBM, in its native library: x64 only.</summary>
    LightGbm,

    /// <summary>FastTree, gradient-boosted trees (MART).</summary>
    FastTree,
}

/// <summary>What a training by ML.NET is given; what an algorithm does not have is without effect there.</summary>
public sealed record MLNetSettings
{
    /// <summary>The trainer.</summary>
    public MLNetAlgorithm Algorithm { get; init; } = MLNetAlgorithm.LightGbm;

    /// <summary>Number of trees, at least 1; the maximum for LightGBM, which stops early.</summary>
    public int Trees { get; init; } = 300;

    /// <summary>Learning rate of trees, above 0, at most 1.</summary>
    public double LearningRate { get; init; } = 0.1;

    /// <summary>Maximum number of leaves of a tree, at least 2.</summary>
    public int MaxLeaves { get; init; } = 31;

    /// <summary>Number of trees without a smaller validation loss after which LightGBM stops; 0 disables it.</summary>
    public int EarlyStoppingRounds { get; init; } = 50;

    /// <summary>L2 regularisation of a logistic regression, above 0.</summary>
    public double L2 { get; init; } = 1;

    /// <summary>Seed of all random choices.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Number of training threads of trees, 0..1024; 0 is one for each processor. A logistic regression has one: its sums would depend on their number.</summary>
    public int Threads { get; init; }
}
