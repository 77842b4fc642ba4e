namespace FraudStreams.Model.Models.Trees;

/// <summary>What training stops early by, on the validation rows.</summary>
public enum StoppingMetric
{
    /// <summary>Higher is better; the measure that rare fraud is judged by.</summary>
    AveragePrecision,

    /// <summary>Lower is better; smoother from tree to tree, and about probabilities rather than ranks.</summary>
    LogLoss,
}

/// <summary>
/// How to train. The defaults suit card payments: some ten thousand to some million rows of which about one in two hundred is fraud.
/// </summary>
public sealed record BoostingSettings
{
    /// <summary>Most trees to grow, 1..10,000; early stopping may keep fewer.</summary>
    public int Trees { get; init; } = 300;

    /// <summary>Share of each tree's step that is taken, 0..1 without 0. Smaller generalises better and needs more trees.</summary>
    public double LearningRate { get; init; } = 0.1;

    /// <summary>
    /// Most splits between root and leaf, 1..16. Ten leaves the shape of a tree to <see cref="MaxLeaves"/>; without that, six is usual.
    /// </summary>
    public int MaxDepth { get; init; } = 10;

    /// <summary>
    /// Most leaves of a tree, 2..256, grown best gain first; 0 grows level by level and leaves MaxDepth as the only limit. Best first
    /// spends leaves where fraud is: on card payments 31 of them rank as well as the 64 of a full tree of depth six, and score faster.
    /// </summary>
    public int MaxLeaves { get; init; } = 31;

    /// <summary>
    /// Least sum of second derivatives on each side of a split, ≥ 0: keeps leaves from resting on a handful of sure rows.
    /// </summary>
    public double MinChildWeight { get; init; } = 1;

    /// <summary>L2 regularisation of leaf values, ≥ 0.</summary>
    public double Lambda { get; init; } = 1;

    /// <summary>Least gain of a split, ≥ 0, on XGBoost's scale (no factor one half).</summary>
    public double Gamma { get; init; }

    /// <summary>
    /// Most that one tree may change a row's log-odds by, before the learning rate, ≥ 0; 0 is no limit (XGBoost's max_delta_step).
    /// Where fraud is rare the second derivatives are tiny, and a step of unlimited Newton length from a few frauds goes far past the goal.
    /// </summary>
    public double MaxLeafStep { get; init; } = 1;

    /// <summary>Share of rows that each tree sees, 0..1 without 0, drawn anew for each tree.</summary>
    public double SubsampleRows { get; init; } = 1;

    /// <summary>Share of features that each tree sees, 0..1 without 0; at least one is kept.</summary>
    public double SubsampleColumns { get; init; } = 1;

    /// <summary>
    /// Factor on the weight of rows labelled 1, above 0 (XGBoost's scale_pos_weight). Above 1 finds more fraud, and scores stop being
    /// probabilities.
    /// </summary>
    public double PositiveWeight { get; init; } = 1;

    /// <summary>Most bins of a feature, the one for missing values included, 3..256: a bin number is one byte.</summary>
    public int MaxBins { get; init; } = 256;

    /// <summary>
    /// Added to a category's second-derivative sum before categories are put in order, ≥ 0: keeps rare categories from the ends of the
    /// order.
    /// </summary>
    public double CategorySmoothing { get; init; } = 10;

    /// <summary>
    /// Added to Lambda in the gain of a split by category, ≥ 0: a set of categories fits noise more easily than a threshold does.
    /// </summary>
    public double CategoryLambda { get; init; } = 10;

    /// <summary>
    /// Trees without a better validation metric after which training stops, ≥ 0; 0 never stops early. The best tree count is kept.
    /// </summary>
    public int EarlyStoppingRounds { get; init; } = 50;

    /// <summary>What early stopping compares.</summary>
    public StoppingMetric StopBy { get; init; } = StoppingMetric.AveragePrecision;

    /// <summary>
    /// Decides what subsampling draws. The same seed, rows and settings give the same model, bit for bit, on any number of threads.
    /// </summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Threads to train on, ≥ 0; 0 is one a processor.</summary>
    public int Threads { get; init; }

    /// <summary>The number of threads that <see cref="Threads"/> stands for.</summary>
    internal int Workers => Threads == 0 ? Environment.ProcessorCount : Threads;

    /// <exception cref="ArgumentException">A setting is out of its range; the message names it, its value and what would be
    /// right.</exception>
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
