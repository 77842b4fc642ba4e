using FraudStreams.Model.Evaluation;

namespace FraudStreams.Model.Models.Trees;

/// <summary>Early stopping: tracks the metric on the validation rows from tree to tree.</summary>
sealed class ValidationWatch
{
    const int ChunkRows = 16_384;

    readonly BoostingSettings _settings;
    readonly Workers _workers;
    readonly BinnedMatrix _matrix;
    readonly byte[] _labels;
    readonly double[] _margins;

    public ValidationWatch(TrainingSet set, FeatureBins[] bins, double baseMargin, BoostingSettings settings, Workers workers)
    {
        _settings = settings;
        _workers = workers;
        _matrix = BinnedMatrix.From(set, bins, withWords: false, workers);
        _labels = set.Labels.ToArray();
        _margins = new double[set.Rows];
        Array.Fill(_margins, baseMargin);
    }

    public double Last { get; private set; } = double.NaN;

    public double Best { get; private set; } = double.NaN;

    public int BestTrees { get; private set; }

    /// <summary>Adds a tree to the margins of the validation rows and computes the metric.</summary>
    /// <returns>Whether training should stop.</returns>
    public bool Add(GrownTree tree, int trees)
    {
        _workers.RunChunks(_margins.Length, ChunkRows, (start, count) =>
        {
            for (var row = start; row < start + count; row++) _margins[row] += tree.ValueFor(_matrix.Columns, row);
        });
        Last = _settings.StopBy == StoppingMetric.AveragePrecision ? Ranking.AveragePrecision(_margins, _labels) : LogLoss();
        var better = BestTrees == 0 || (_settings.StopBy == StoppingMetric.AveragePrecision ? Last > Best : Last < Best);
        if (better) (Best, BestTrees) = (Last, trees);
        return _settings.EarlyStoppingRounds > 0 && trees - BestTrees >= _settings.EarlyStoppingRounds;
    }

    double LogLoss()
    {
        var sum = 0.0;
        for (var row = 0; row < _margins.Length; row++)
        {
            var towards = _labels[row] == 1 ? -_margins[row] : _margins[row];
            // log(1 + e^x) without overflow.
            sum += Math.Max(towards, 0) + Math.Log(1 + Math.Exp(-Math.Abs(towards)));
        }
        return sum / _margins.Length;
    }
}
