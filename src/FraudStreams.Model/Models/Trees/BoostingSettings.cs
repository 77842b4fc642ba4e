namespace FraudStreams.Model.Models.Trees;

/// <summary>The metric on the validation rows that early stopping compares.</summary>
public enum StoppingMetric
{
    /// <summary>Average precision, higher is better: the usual metric for a rare class.</summary>
    AveragePrecision,

    /// <summary>Log loss, lower is better: smoother from tree to tree, and about probabilities rather than ranks.</summary>
    LogLoss,
}

/// <summary>
/// The hyperparameters of <see cref="GradientBoosting"/>. The defaults suit card payments: ten thousand to a few million rows, about one in two
/// hundred of them fraud.
/// </summary>
public sealed record BoostingSettings
{
    /// <summary>Maximum number of trees, 1..10,000; early stopping may keep fewer.</summary>
    public int Trees { get; init; } = 300;

    /// <summary>Learning rate (shrinkage): factor on each tree's leaf values, above 0, at most 1. Smaller generalises better and needs more trees.</summary>
    public double LearningRate { get; init; } = 0.1;

    /// <summary>
    /// Maximum depth of a tree in splits, 1..16. At ten, <see cref="MaxLeaves"/> determines the shape of a tree; without it, six is usual.
    /// </summary>
    public int MaxDepth { get; init; } = 10;

    /// <summary>
    /// Maximum number of leaves of a tree, 2..256, grown leaf-wise by best gain; 0 grows level-wise, with MaxDepth as the only limit. Leaf-wise
    /// growth spends leaves where fraud is: on card payments 31 leaves rank as well as the 64 of a full tree of depth six, and score faster.
    /// </summary>
    public int MaxLeaves { get; init; } = 31;

    /// <summary>
    /// Minimum sum of second derivatives on each side of a split, ≥ 0 (XGBoost's min_child_weight): prevents leaves of a few rows that are already
    /// predicted with confidence.
    /// </summary>
    public double MinChildWeight { get; init; } = 1;

    /// <summary>L2 regularisation of leaf values, ≥ 0 (XGBoost's lambda).</summary>
    public double Lambda { get; init; } = 1;

    /// <summary>Minimum gain of a split, ≥ 0, on XGBoost's scale (without the factor one half).</summary>
    public double Gamma { get; init; }

    /// <summary>
    /// Maximum change of a row's log-odds by one tree, before the learning rate, ≥ 0; 0 is no limit (XGBoost's max_delta_step). If fraud is rare the
    /// second derivatives are tiny, and an unlimited Newton step from a few frauds overshoots.
    /// </summary>
    public double MaxLeafStep { get; init; } = 1;

    /// <summary>Share of rows sampled for each tree, above 0, at most 1.</summary>
    public double SubsampleRows { get; init; } = 1;

    /// <summary>Share of features sampled for each tree, above 0, at most 1; at least one is kept.</summary>
    public double SubsampleColumns { get; init; } = 1;

    /// <summary>
    /// Factor on the weight of rows labelled 1, above 0 (XGBoost's scale_pos_weight). Above 1, scores are higher and no longer calibrated
    /// probabilities.
    /// </summary>
    public double PositiveWeight { get; init; } = 1;

    /// <summary>Maximum number of bins of a feature, including the bin of missing values, 3..256: a bin number is one byte.</summary>
    public int MaxBins { get; init; } = 256;

    /// <summary>
    /// Added to a category's sum of second derivatives before categories are ordered, ≥ 0: keeps rare categories away from the ends of the order
    /// (LightGBM's cat_smooth).
    /// </summary>
    public double CategorySmoothing { get; init; } = 10;

    /// <summary>
    /// Added to Lambda in the gain of a split by category, ≥ 0, because a set of categories overfits more easily than a threshold (LightGBM's
    /// cat_l2).
    /// </summary>
    public double CategoryLambda { get; init; } = 10;

    /// <summary>
    /// Number of trees without a better validation metric after which training stops, ≥ 0; 0 disables early stopping. The model keeps the trees up
    /// to the best one.
    /// </summary>
    public int EarlyStoppingRounds { get; init; } = 50;

    /// <summary>The metric for early stopping.</summary>
    public StoppingMetric StopBy { get; init; } = StoppingMetric.AveragePrecision;

    /// <summary>
    /// Seed of subsampling. The same seed, rows and settings give the same model, bit for bit, on any number of threads.
    /// </summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Number of training threads, 0..1024; 0 is one for each processor.</summary>
    public int Threads { get; init; }

    /// <summary>The effective number of threads.</summary>
    internal int Workers => Threads == 0 ? Environment.ProcessorCount : Threads;

    /// <exception cref="ArgumentException">A setting is out of range; the message gives its name, value and range.</exception>
    internal void Check()
    {
        Need(Trees is >= 1 and <= 10_000, nameof(Trees), Trees, "1..10000");
        Need(LearningRate is > 0 and <= 1, nameof(LearningRate), LearningRate, "above 0, at most 1");
        Need(MaxDepth is >= 1 and <= 16, nameof(MaxDepth), MaxDepth, "1..16");
        Need(MaxLeaves is 0 or (>= 2 and <= 256), nameof(MaxLeaves), MaxLeaves, "0 (no limit) or 2..256");
        Need(NotNegative(MinChildWeight), nameof(MinChildWeight), MinChildWeight, "at least 0");
        Need(NotNegative(Lambda), nameof(Lambda), Lambda, "at least 0");
        Need(NotNegative(Gamma), nameof(Gamma), Gamma, "at least 0");
        Need(NotNegative(MaxLeafStep), nameof(MaxLeafStep), MaxLeafStep, "at least 0");
        Need(SubsampleRows is > 0 and <= 1, nameof(SubsampleRows), SubsampleRows, "above 0, at most 1");
        Need(SubsampleColumns is > 0 and <= 1, nameof(SubsampleColumns), SubsampleColumns, "above 0, at most 1");
        Need(double.IsFinite(PositiveWeight) && PositiveWeight > 0, nameof(PositiveWeight), PositiveWeight, "above 0");
        Need(MaxBins is >= 3 and <= 256, nameof(MaxBins), MaxBins, "3..256");
        Need(NotNegative(CategorySmoothing), nameof(CategorySmoothing), CategorySmoothing, "at least 0");
        Need(NotNegative(CategoryLambda), nameof(CategoryLambda), CategoryLambda, "at least 0");
        Need(EarlyStoppingRounds >= 0, nameof(EarlyStoppingRounds), EarlyStoppingRounds, "at least 0");
        Need(Enum.IsDefined(StopBy), nameof(StopBy), StopBy, "AveragePrecision or LogLoss");
        Need(Threads is >= 0 and <= 1024, nameof(Threads), Threads, "0 (one a processor) or 1..1024");
    }

    static bool NotNegative(double value) => double.IsFinite(value) && value >= 0;

    static void Need<T>(bool holds, string name, T value, string range)
    {
        if (!holds) throw new ArgumentException($"{nameof(BoostingSettings)}.{name} is {value}; it must be {range}.");
    }
}
