using System.Collections.Immutable;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Evaluation;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Models;

namespace FraudStreams.ModelOps;

/// <summary>The metrics of a version on a history, as `evaluate` prints them.</summary>
/// <param name="Rejected">Rows that could not be read.</param>
sealed record Evaluation(
    string ModelVersion, string Input, DateTimeOffset From, DateTimeOffset To, long Rows, long Frauds, long Rejected,
    ImmutableSortedDictionary<string, double> Metrics);

/// <summary>Measures scores against labels.</summary>
static class Evaluator
{
    /// <summary>Cards a day that investigators are assumed to check: the Fraud Detection Handbook's number.</summary>
    internal const int CardsADay = 100;

    /// <param name="warmUp">Payments before the history, which windows include, up to the time of the history's first payment; they are not measured.</param>
    public static Evaluation Evaluate(
        ScoringModel model, IHistory history, WorkProgress progress, CancellationToken cancellationToken, IHistory? warmUp = null)
    {
        var windows = new WindowState(model.Schema);
        if (warmUp is not null)
            ReadWarmUp(warmUp, history, windows, progress, cancellationToken);
        var rejected = new RejectCounts();
        var rows = LabelledDataset.Read(
            history, model.Features, windows, progress.Step($"Reading {history.Name} and computing {model.Features.Count} features"), rejected.Add,
            cancellationToken);
        rejected.Report(progress);
        if (rows is null)
            throw new NothingToMeasureException($"{history.Name} has no labelled row that can be read");
        var reportShare = progress.Step($"Scoring {rows.Count:N0} payments");
        var scores = new double[rows.Count];
        model.Scorer.Score(rows.Set.Values.Span, scores);
        reportShare(1);
        return new Evaluation(
            model.Version, history.Name, DateTimeOffset.FromUnixTimeMilliseconds(rows.Times[0]), DateTimeOffset.FromUnixTimeMilliseconds(rows.Times[^1]),
            rows.Count, rows.Set.Positives, rejected.Count, Metrics(scores, rows, model.Threshold));
    }

    /// <summary>Leaves out what is later than the first measured payment: it did not come before it, or is the same payment where the files overlap.</summary>
    static void ReadWarmUp(IHistory warmUp, IHistory measured, WindowState windows, WorkProgress progress, CancellationToken cancellationToken)
    {
        var first = measured.Read(_ => { }, _ => { }, cancellationToken).Select(rows => rows.EventTime(0)).FirstOrDefault(long.MaxValue);
        var (rejected, leftOut) = (new RejectCounts(), 0L);
        foreach (var rows in warmUp.Read(progress.Step($"Reading {warmUp.Name} for the warm-up"), rejected.Add, cancellationToken))
        {
            for (; rows.Count > 0 && rows.EventTime(rows.Count - 1) > first; leftOut++)
                rows.RemoveLast();
            windows.Advance(rows);
        }

        rejected.Report(progress);
        if (leftOut > 0)
            progress.Warning($"{leftOut:N0} payments of {warmUp.Name} are later than the first of {measured.Name} and are left out: they did not come before it");
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
