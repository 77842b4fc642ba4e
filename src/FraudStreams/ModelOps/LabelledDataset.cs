using FraudStreams.Model.Features;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.ModelOps;

/// <summary>The labelled payments of a history as feature rows, in the order of event time.</summary>
/// <param name="Set">Feature rows and labels.</param>
/// <param name="Times">Event time of each row, unix milliseconds, ascending.</param>
/// <param name="Cards">A number for each row's card, for metrics per card and day.</param>
sealed record LabelledDataset(TrainingSet Set, long[] Times, long[] Cards)
{
    public int Count => Times.Length;

    /// <summary>A hash of each row's id and time; empty where the rows have none.</summary>
    public ulong[] Ids { get; init; } = [];

    /// <summary>A digest of all rows, whatever their order; null where they have no ids.</summary>
    public string? Digest => Ids.Length == 0 ? null : $"{Ids.Aggregate(0UL, (sum, id) => unchecked(sum + id)):x16}";

    public LabelledDataset Slice(int start, int count) => new(Set.Slice(start, count), Times[start..(start + count)], Cards[start..(start + count)])
    {
        Ids = Ids.Length == 0 ? [] : Ids[start..(start + count)],
    };

    /// <summary>
    /// Reads a history into feature rows; null when there is none. Rows without a label are left out, but windows include them.
    /// </summary>
    /// <param name="windows">Window state as of the history's beginning; it is advanced over the history.</param>
    public static LabelledDataset? Read(
        IHistory history, FeaturePlan plan, WindowState windows, Action<double> progress, Action<RejectReason> rejected,
        CancellationToken cancellationToken) => Read(history, plan, windows, progress, rejected, () => { }, cancellationToken);

    /// <summary>The same, and counts what is left out.</summary>
    public static LabelledDataset? Read(
        IHistory history, FeaturePlan plan, WindowState windows, Action<double> progress, LeftOut leftOut, CancellationToken cancellationToken)
    {
        var unlabelled = 0L;
        var rows = Read(history, plan, windows, progress, leftOut.Add, () => unlabelled++, cancellationToken);
        leftOut.Add("without a label", unlabelled, history.Schema.Roles.Label is { } label ? $"{label} is empty; windows count them" : $"schema {history.Schema.Name} has no label");
        return rows;
    }

    static LabelledDataset? Read(
        IHistory history, FeaturePlan plan, WindowState windows, Action<double> progress, Action<RejectReason> rejected, Action unlabelled,
        CancellationToken cancellationToken)
    {
        var kept = new LabelledDatasetBuilder(plan);
        double[] features = [];
        foreach (var rows in history.Read(progress, rejected, cancellationToken))
        {
            if (features.Length < rows.Count * plan.Count)
                features = new double[rows.Count * plan.Count];
            windows.Advance(rows);
            plan.Compute(rows, features.AsSpan(0, rows.Count * plan.Count));
            for (var row = 0; row < rows.Count; row++)
            {
                if (rows.Label(row) is { } label)
                    kept.Add(rows, row, features.AsSpan(row * plan.Count, plan.Count), label);
                else
                    unlabelled();
            }
        }

        return kept.Build();
    }

    /// <summary>Index of the first row at a time, unix milliseconds, or later.</summary>
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

    /// <summary>Some of the rows, by index, in the order given, which has to keep times ascending.</summary>
    public LabelledDataset Take(IReadOnlyList<int> rows)
    {
        var width = Set.Features.Length;
        var values = new double[rows.Count * width];
        for (var row = 0; row < rows.Count; row++)
            Set.Values.Span.Slice(rows[row] * width, width).CopyTo(values.AsSpan(row * width));
        var labels = new byte[rows.Count];
        for (var row = 0; row < rows.Count; row++)
            labels[row] = Set.Labels.Span[rows[row]];
        return new LabelledDataset(new TrainingSet(Set.Features, values, labels), [.. rows.Select(row => Times[row])], [.. rows.Select(row => Cards[row])])
        {
            Ids = Ids.Length == 0 ? [] : [.. rows.Select(row => Ids[row])],
        };
    }
}
