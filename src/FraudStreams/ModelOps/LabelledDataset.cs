using FraudStreams.Model.Features;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.ModelOps;

/// <summary>The labelled payments of a history as a model sees them, in the order of event time.</summary>
/// <param name="Set">Feature rows and labels.</param>
/// <param name="Times">Event time of each row, unix milliseconds, ascending.</param>
/// <param name="Cards">A number for each row's card, for measures a card and day.</param>
sealed record LabelledDataset(TrainingSet Set, long[] Times, long[] Cards)
{
    public int Count => Times.Length;

    public LabelledDataset Slice(int start, int count) => new(Set.Slice(start, count), Times[start..(start + count)], Cards[start..(start + count)]);

    /// <summary>
    /// Reads a history into feature rows; null when none is left. Rows without a label are left out: nothing can be learnt or measured from them.
    /// They are part of the history that windows see all the same.
    /// </summary>
    /// <param name="memory">What came before the history; it takes the history in.</param>
    public static LabelledDataset? Read(
        IHistory history, FeaturePlan plan, WindowState memory, Action<double> progress, Action<RejectReason> rejected,
        CancellationToken cancellationToken)
    {
        var kept = new LabelledDatasetBuilder(plan);
        double[] features = [];
        foreach (var rows in history.Read(progress, rejected, cancellationToken))
        {
            if (features.Length < rows.Count * plan.Count)
                features = new double[rows.Count * plan.Count];
            memory.Advance(rows);
            plan.Compute(rows, features.AsSpan(0, rows.Count * plan.Count));
            for (var row = 0; row < rows.Count; row++)
            {
                if (rows.Label(row) is { } label)
                    kept.Add(rows, row, features.AsSpan(row * plan.Count, plan.Count), label);
            }
        }

        return kept.Build();
    }

    /// <summary>The first row at a time, unix milliseconds, or later.</summary>
    public int At(long time)
    {
        var (low, high) = (0, Times.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = Times[middle] < time ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>Some of the rows, by their places, in the order given: it has to keep times ascending.</summary>
    public LabelledDataset Take(IReadOnlyList<int> rows)
    {
        var width = Set.Features.Length;
        var values = new double[rows.Count * width];
        for (var row = 0; row < rows.Count; row++)
            Set.Values.Span.Slice(rows[row] * width, width).CopyTo(values.AsSpan(row * width));
        var labels = new byte[rows.Count];
        for (var row = 0; row < rows.Count; row++)
            labels[row] = Set.Labels.Span[rows[row]];
        return new LabelledDataset(new TrainingSet(Set.Features, values, labels), [.. rows.Select(row => Times[row])], [.. rows.Select(row => Cards[row])]);
    }
}
