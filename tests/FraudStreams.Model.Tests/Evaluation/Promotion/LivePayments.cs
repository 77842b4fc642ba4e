using System.Collections.Immutable;
using FraudStreams.Model.Evaluation;
using FraudStreams.Model.Evaluation.Promotion;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.Model.Tests.Evaluation.Promotion;

/// <summary>
/// Payments of some weeks, generated from a seed: six features, and a fraud's odds rest on all but one of them, which one changes after a week. The last
/// feature is what a leaked label looks like: the label itself in the training rows, and not known when a payment is scored.
/// </summary>
sealed class LivePayments
{
    public const int PerDay = 500, Leak = 6, Features = 7;

    /// <summary>From this day on frauds come by another feature than before.</summary>
    const int ChangedOn = 8;

    const long Day = 86_400_000;

    static readonly ImmutableArray<FeatureColumn> s_columns = [.. Enumerable.Range(0, Features).Select(feature => new FeatureColumn($"f{feature}", FeatureKind.Number))];

    readonly double[] _values;
    readonly byte[] _labels;
    readonly long[] _cards;

    public LivePayments(int days, int seed = 1)
    {
        var random = new Random(seed);
        Count = days * PerDay;
        (_values, _labels, _cards) = (new double[Count * Features], new byte[Count], new long[Count]);
        for (var row = 0; row < Count; row++)
        {
            var features = _values.AsSpan(row * Features, Features);
            for (var feature = 0; feature < Leak; feature++)
                features[feature] = random.NextDouble();
            var risk = features[row < ChangedOn * PerDay ? 1 : 0] + (features[2] > 0.7 && features[3] > 0.6 ? 0.6 : 0) + (2 * (features[4] - 0.5) * (features[5] - 0.5));
            var odds = 20 * (risk - 1.2);
            _labels[row] = random.NextDouble() < 1 / (1 + Math.Exp(-odds)) ? (byte)1 : (byte)0;
            features[Leak] = double.NaN;
            _cards[row] = random.Next(8_000);
        }
    }

    public int Count { get; }

    public static long TimeOf(int row) => (long)row * Day / PerDay;

    public static long DayOf(int day) => day * Day;

    /// <summary>A model of some days' payments.</summary>
    /// <param name="every">Of so many payments one is learnt from.</param>
    public Candidate Train(int fromDay, int toDay, int every = 1, bool leaksLabel = false, BoostingSettings? settings = null)
    {
        var rows = Enumerable.Range(fromDay * PerDay, (toDay - fromDay) * PerDay).Where(row => row % every == 0).ToArray();
        var values = new double[rows.Length * Features];
        for (var at = 0; at < rows.Length; at++)
        {
            _values.AsSpan(rows[at] * Features, Features).CopyTo(values.AsSpan(at * Features));
            values[(at * Features) + Leak] = leaksLabel ? _labels[rows[at]] : double.NaN;
        }

        var set = new TrainingSet(s_columns, values, rows.Select(row => _labels[row]).ToArray());
        var model = GradientBoosting.Train(set, null, settings ?? new BoostingSettings { Trees = 60, MaxLeaves = 8, LearningRate = 0.1, Threads = 1 });
        return new Candidate(model, ThresholdOf(model, fromDay >= 5 ? fromDay - 5 : toDay), TimeOf((toDay * PerDay) - 1));
    }

    /// <summary>25 alerts a day in five days that the model has not learnt from.</summary>
    double ThresholdOf(TreeEnsemble model, int fromDay)
    {
        var (from, scores) = (fromDay * PerDay, new double[5 * PerDay]);
        model.Score(_values.AsSpan(from * Features, scores.Length * Features), scores);
        return new ThresholdRule.AlertsADay(25).Choose(scores, _labels.AsSpan(from, scores.Length), [.. Enumerable.Range(from, scores.Length).Select(TimeOf)]);
    }

    /// <summary>Both models on the payments of some days as they came.</summary>
    public GatePayment[] Scored(Candidate champion, Candidate challenger, int fromDay, int toDay)
    {
        var (from, count) = (fromDay * PerDay, (toDay - fromDay) * PerDay);
        double[] one = new double[count], other = new double[count];
        champion.Scorer.Score(_values.AsSpan(from * Features, count * Features), one);
        challenger.Scorer.Score(_values.AsSpan(from * Features, count * Features), other);
        return
        [
            .. Enumerable.Range(0, count).Select(at => new GatePayment(
                _cards[from + at], TimeOf(from + at), _labels[from + at] == 1, one[at], one[at] >= champion.Threshold, other[at], other[at] >= challenger.Threshold,
                Math.Round(_values[(from + at) * Features] * 300, 2))),
        ];
    }
}

sealed record Candidate(IScorer Scorer, double Threshold, long TrainedTo);

/// <summary>A scorer that does not look at the payment.</summary>
sealed class BlindScorer(Func<int, double> score) : IScorer
{
    int _row;

    public int FeatureCount => LivePayments.Features;

    public void Score(ReadOnlySpan<double> features, Span<double> scores)
    {
        foreach (ref var one in scores)
            one = score(_row++);
    }
}
