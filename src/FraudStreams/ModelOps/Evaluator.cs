using System.Collections.Immutable;
using System.Text.Json.Serialization;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Evaluation;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Models;
using FraudStreams.Simulation;

namespace FraudStreams.ModelOps;

/// <summary>The metrics of a version on a history, as `evaluate` prints them.</summary>
/// <param name="Rejected">Rows that could not be read.</param>
/// <param name="Scores">What the charts of a report show.</param>
sealed record Evaluation(
    string ModelVersion, string Input, DateTimeOffset From, DateTimeOffset To, long Rows, long Frauds, long Rejected,
    ImmutableSortedDictionary<string, double> Metrics, [property: JsonIgnore] ScoreProfile Scores)
{
    /// <summary>Payments of the time that the model was trained on: where it learnt from them, the metrics flatter it.</summary>
    public long InTrainingTime { get; init; }
}

/// <summary>Measures scores against labels.</summary>
static class Evaluator
{
    /// <summary>Cards a day that investigators are assumed to check: the Fraud Detection Handbook's number.</summary>
    internal const int CardsADay = 100;

    /// <param name="warmUp">Payments before the history, which windows include, up to the time of the history's first payment; they are not measured.</param>
    public static Evaluation Evaluate(
        ScoringModel model, IHistory history, WorkProgress progress, CancellationToken cancellationToken, IHistory? warmUp = null, InputSettings? input = null)
    {
        var windows = new WindowState(model.Schema);
        if (warmUp is not null)
            ReadWarmUp(warmUp, history, windows, progress, cancellationToken);
        var leftOut = new LeftOut();
        var rows = LabelledDataset.Read(
            history, model.Features, windows, progress.Step($"Reading {history.Name} and computing {model.Features.Count} features"), leftOut, cancellationToken);
        leftOut.Report(progress, history.Name, rows?.Count ?? 0);
        leftOut.Check(input, history.Name, rows?.Count ?? 0);
        if (rows is null)
            throw new NothingToMeasureException($"{history.Name} has no labelled row that can be read");
        var reportShare = progress.Step($"Scoring {rows.Count:N0} payments");
        var scores = new double[rows.Count];
        model.Scorer.Score(rows.Set.Values.Span, scores);
        reportShare(1);
        if (rows.Set.Positives == 0 || rows.Set.Positives == rows.Count)
            progress.Warning($"{history.Name} has {rows.Set.Positives:N0} frauds among {rows.Count:N0} labelled payments: a ranking is measured where there are both");
        var seen = SeenInTraining(model.Card, rows, history.Name, progress);
        return new Evaluation(
            model.Version, history.Name, DateTimeOffset.FromUnixTimeMilliseconds(rows.Times[0]), DateTimeOffset.FromUnixTimeMilliseconds(rows.Times[^1]),
            rows.Count, rows.Set.Positives, leftOut.Rejected, Metrics(scores, rows, model.Threshold),
            ScoreProfile.Of(scores, rows.Set.Labels.Span, rows.Times, model.Threshold))
        {
            InTrainingTime = seen,
        };
    }

    /// <summary>The measured payments of the time that the model was trained on, and a warning of them: on what it has learnt a model is better than on what comes.</summary>
    static long SeenInTraining(ModelCard card, LabelledDataset rows, string history, WorkProgress progress)
    {
        var training = card.Training;
        var (from, to) = (rows.At(training.From.ToUnixTimeMilliseconds()), rows.At(training.To.ToUnixTimeMilliseconds() + 1));
        if (to <= from)
            return 0;
        progress.Warning(rows.Slice(from, to - from) is var inTime && inTime.Digest is { } digest && digest == training.Payments
            ? $"{inTime.Count:N0} of the {rows.Count:N0} payments measured are those that {card.Version} was trained on: the metrics flatter it. Measure on later ones"
            : $"{inTime.Count:N0} of the {rows.Count:N0} payments of {history} lie in the time that {card.Version} was trained on ({training.From:yyyy-MM-dd HH:mm:ss} to {training.To:yyyy-MM-dd HH:mm:ss}): where it learnt from them, the metrics flatter it. Measure on later ones");
        return to - from;
    }

    /// <summary>Leaves out what is later than the first measured payment: it did not come before it, or is the same payment where the files overlap.</summary>
    internal static void ReadWarmUp(IHistory warmUp, IHistory measured, WindowState windows, WorkProgress progress, CancellationToken cancellationToken)
    {
        var first = measured.Read(_ => { }, _ => { }, cancellationToken).Select(rows => rows.EventTime(0)).FirstOrDefault(long.MaxValue);
        var (leftOut, late, kept) = (new LeftOut(), 0L, 0L);
        foreach (var rows in warmUp.Read(progress.Step($"Reading {warmUp.Name} for the warm-up"), leftOut.Add, cancellationToken))
        {
            for (; rows.Count > 0 && rows.EventTime(rows.Count - 1) > first; late++)
                rows.RemoveLast();
            kept += rows.Count;
            windows.Advance(rows);
        }

        leftOut.Add("later", late, $"later than the first payment of {measured.Name}: they did not come before it");
        leftOut.Report(progress, warmUp.Name, kept);
    }

    /// <summary>Metrics by name. A metric that has no value on these rows, such as recall without a fraud, is absent.</summary>
    public static ImmutableSortedDictionary<string, double> Metrics(double[] scores, LabelledDataset rows, double threshold)
    {
        var labels = rows.Set.Labels.Span;
        var report = MetricsReport.Of(scores, labels, threshold);
        var withFraud = report.Frauds > 0 ? 1 : double.NaN;
        var days = Math.Max(1, (rows.Times[^1] - rows.Times[0]) / (double)TimeSpan.MillisecondsPerDay);
        return ImmutableSortedDictionary.CreateRange(new Dictionary<string, double>
        {
            ["average_precision"] = report.AveragePrecision,
            ["roc_auc"] = report.RocAuc,
            ["threshold"] = threshold,
            ["precision"] = report.AtThreshold.Precision,
            ["recall"] = report.AtThreshold.Recall * withFraud,
            ["f1"] = report.AtThreshold.F1 * withFraud,
            ["true_positives"] = report.AtThreshold.TruePositives,
            ["false_positives"] = report.AtThreshold.FalsePositives,
            ["true_negatives"] = report.AtThreshold.TrueNegatives,
            ["false_negatives"] = report.AtThreshold.FalseNegatives,
            ["alerts_a_day"] = (double)(report.AtThreshold.TruePositives + report.AtThreshold.FalsePositives) / days,
            ["recall_at_fpr_0.001"] = report.RecallAtLowFalsePositiveRate * withFraud,
            [$"card_precision_at_{CardsADay}"] = CardPrecision.AtK(scores, labels, rows.Cards, rows.Times, CardsADay),
            ["brier_score"] = report.Calibration.BrierScore,
            ["expected_calibration_error"] = report.Calibration.ExpectedCalibrationError,
        }.Where(metric => double.IsFinite(metric.Value)));
    }
}

/// <summary>The input holds nothing that a model could be measured on.</summary>
public sealed class NothingToMeasureException(string message) : Exception(message);
