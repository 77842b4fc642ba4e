using FraudStreams.Model.Models.Trees;

namespace FraudStreams.ModelOps;

/// <summary>One combination of a grid: its values, and its result on each validation fold.</summary>
sealed record GridResult(double[] Values, BoostingSettings Settings, IReadOnlyList<FoldResult> Folds)
{
    public double AveragePrecision => Folds.Average(fold => fold.AveragePrecision);

    public double RocAuc => Folds.Average(fold => fold.RocAuc);

    public double CardPrecisionAt100 => Folds.Average(fold => fold.CardPrecisionAt100);

    /// <summary>Standard deviation of the average precision between folds (population).</summary>
    public double Deviation => Math.Sqrt(Folds.Average(fold => Math.Pow(fold.AveragePrecision - AveragePrecision, 2)));
}

/// <summary>
/// Tries every combination of a grid on validation folds whose measured days are over, with their labels known, when the final split begins: the final
/// split's own measured days are not used.
/// </summary>
static class GridSearch
{
    /// <returns>Best first, by mean average precision; equals in the grid's order.</returns>
    public static IReadOnlyList<GridResult> Run(
        LabelledDataset rows, TemporalSplit split, int folds, BoostingSettings settings, BoostingGrid grid, Action<double> progress, CancellationToken cancellationToken)
    {
        var results = new List<GridResult>();
        foreach (var (values, combined) in grid.Over(settings))
        {
            results.Add(new GridResult(values, combined, Backtest.Run(rows, split.ForValidation(), folds, train => GradientBoosting.Train(train, null, combined, null, cancellationToken))));
            progress((double)results.Count / grid.Count);
        }

        return [.. results.OrderByDescending(row => row.AveragePrecision)];
    }
}
