namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// Trains gradient-boosted trees on the logistic loss with second derivatives (XGBoost: Chen &amp; Guestrin 2016). Splits are found on
/// histograms of at most 256 bins a feature, and the larger child's histogram is computed by subtraction (LightGBM: Ke et al. 2017).
/// </summary>
public static class GradientBoosting
{
    /// <summary>Trains a model.</summary>
    /// <param name="train">The training rows, at most 65,535 features.</param>
    /// <param name="validation">Later rows with the same features, for early stopping; null trains all of <see
    /// cref="BoostingSettings.Trees"/>.</param>
    /// <param name="settings">The hyperparameters; checked before training starts.</param>
    /// <param name="progress">Called after each tree, on the calling thread.</param>
    /// <param name="cancellationToken">Stops the training between two steps of a tree.</param>
    /// <returns>A model that depends only on rows and settings, not on the number of threads or timing.</returns>
    /// <exception cref="ArgumentException">A setting is out of range, all weights are 0, or the validation rows have other features, or no fraud
    /// for <see cref="StoppingMetric.AveragePrecision"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static TreeEnsemble Train(
        TrainingSet train,
        TrainingSet? validation,
        BoostingSettings settings,
        IProgress<BoostingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Check();
        CheckValidation(train, validation, settings);

        var workers = new Workers(settings.Workers);
        var bins = new FeatureBins[train.Features.Length];
        workers.Run(bins.Length, f => bins[f] = FeatureBins.From(train, f, settings.MaxBins));
        cancellationToken.ThrowIfCancellationRequested();
        var matrix = BinnedMatrix.From(train, bins, withWords: true, workers);
        var pairs = new GradientPairs(train, settings.PositiveWeight);
        var baseMargin = BaseMargin(pairs);
        Array.Fill(pairs.Margins, (float)baseMargin);
        var watch = validation is null ? null : new ValidationWatch(validation, bins, baseMargin, settings, workers);
        var grower = new TreeGrower(matrix, bins, pairs, settings, workers);

        var trees = new List<RegressionTree>(settings.Trees);
        while (trees.Count < settings.Trees)
        {
            cancellationToken.ThrowIfCancellationRequested();
            pairs.Compute(workers);
            var grown = grower.Grow(trees.Count, cancellationToken);
            trees.Add(grown.ToTree());
            var stop = watch is not null && watch.Add(grown, trees.Count);
            progress?.Report(new BoostingProgress(
                trees.Count, settings.Trees, watch?.Last ?? double.NaN, watch?.Best ?? double.NaN, watch?.BestTrees ?? trees.Count));
            if (stop) break;
        }
        if (watch is not null && settings.EarlyStoppingRounds > 0) trees.RemoveRange(watch.BestTrees, trees.Count - watch.BestTrees);
        return new TreeEnsemble(train.Features, [.. bins.Select(b => b.Categories)], baseMargin, [.. trees]);
    }

    /// <summary>Log-odds of the weighted share of fraud, kept finite if one class is missing.</summary>
    static double BaseMargin(GradientPairs pairs)
    {
        if (pairs.WeightOfAll <= 0) throw new ArgumentException("The weights of all training rows are 0.");
        var share = Math.Clamp(pairs.WeightOfPositives / pairs.WeightOfAll, 1e-6, 1 - 1e-6);
        return Math.Log(share / (1 - share));
    }

    static void CheckValidation(TrainingSet train, TrainingSet? validation, BoostingSettings settings)
    {
        if (train.Features.Length > ushort.MaxValue)
            throw new ArgumentException($"There are {train.Features.Length} features; at most {ushort.MaxValue} can be trained on.");
        if (validation is null) return;
        if (!validation.Features.SequenceEqual(train.Features))
            throw new ArgumentException("The validation rows have other features than the training rows.");
        if (settings.StopBy == StoppingMetric.AveragePrecision && validation.Positives == 0)
            throw new ArgumentException(
                "No validation row is labelled 1, so average precision cannot stop the training; give later rows with fraud, or none.");
    }
}
