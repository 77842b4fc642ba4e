using FraudStreams.Diagnostics;
using FraudStreams.Model.Drift;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Models;
using FraudStreams.Simulation;

namespace FraudStreams.ModelOps;

/// <summary>Counts the payments of a history into the bins of a version's drift reference, as the stream does, and what their labels say.</summary>
static class DriftReplay
{
    /// <param name="warmUp">Payments before the history, which windows include; they are not counted.</param>
    /// <param name="windowHours">Labels are counted by windows of so many hours.</param>
    public static DriftHistory Count(
        ScoringModel model, DriftReference reference, IHistory history, int windowHours, WorkProgress progress, CancellationToken cancellationToken, IHistory? warmUp = null, InputSettings? input = null)
    {
        var (windows, leftOut) = (new WindowState(model.Schema), new LeftOut());
        if (warmUp is not null)
            Evaluator.ReadWarmUp(warmUp, history, windows, progress, cancellationToken);
        var counted = new DriftHistory(model.Version, reference.Counters) { IsWarm = warmUp is not null };
        var counter = new DriftCounter(model.Version, reference, model.Features);
        var truths = new SortedDictionary<long, PredictedFrauds>();
        var (features, scores, rowsRead) = (Array.Empty<double>(), Array.Empty<double>(), 0L);
        foreach (var rows in history.Read(progress.Step($"Scoring {history.Name} and counting {model.Features.Count} features"), leftOut.Add, cancellationToken))
        {
            if (scores.Length < rows.Count)
                (features, scores) = (new double[rows.Count * model.Features.Count], new double[rows.Count]);
            windows.Advance(rows);
            var ofRows = scores.AsSpan(0, rows.Count);
            var ofFeatures = features.AsSpan(0, rows.Count * model.Features.Count);
            model.Score(rows, ofRows, ofFeatures);
            counter.Count(rows.EventTime, ofRows, ofFeatures);
            for (var row = 0; row < rows.Count; row++)
            {
                if (rows.Label(row) is not { } label)
                    continue;
                var window = DriftJudge.Floor(DriftColumn.HourOf(rows.EventTime(row)), windowHours);
                truths[window] = truths.GetValueOrDefault(window).With(label, ofRows[row] >= model.Threshold);
            }

            rowsRead += rows.Count;
            foreach (var hour in counter.Take(counter.Latest))
                counted.Add(hour);
        }

        foreach (var hour in counter.Take())
            counted.Add(hour);
        foreach (var (window, truth) in truths)
            counted.Add(new DriftTruth(model.Version, window, windowHours, truth));
        leftOut.Report(progress, history.Name, rowsRead);
        leftOut.Check(input, history.Name, rowsRead);
        return counted;
    }
}
