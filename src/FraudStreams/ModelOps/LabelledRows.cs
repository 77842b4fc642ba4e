using System.Buffers;
using System.Text;
using FraudStreams.Model.Features;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Formats;
using FraudStreams.Model.Trees;

namespace FraudStreams.ModelOps;

/// <summary>The labelled payments of a history as a model sees them, in the order of event time.</summary>
/// <param name="Set">Feature rows and labels.</param>
/// <param name="Times">Event time of each row, unix milliseconds, ascending.</param>
/// <param name="Cards">A number for each row's card, for measures a card and day.</param>
sealed record LabelledRows(TrainingSet Set, long[] Times, long[] Cards)
{
    public int Count => Times.Length;

    public LabelledRows Slice(int start, int count) => new(Set.Slice(start, count), Times[start..(start + count)], Cards[start..(start + count)]);

    /// <summary>
    /// Reads a history into feature rows; null when none is left. Rows without a label are left out: nothing can be learnt or measured from them.
    /// They are part of the history that windows see all the same.
    /// </summary>
    /// <param name="memory">What came before the history; it takes the history in.</param>
    public static LabelledRows? Read(
        IHistory history, FeaturePlan plan, WindowState memory, Action<double> progress, Action<RejectReason> rejected,
        CancellationToken cancellationToken)
    {
        var values = new ArrayBufferWriter<double>(4096 * plan.Count);
        var labels = new List<byte>();
        var times = new List<long>();
        var cards = new List<long>();
        var cardNumbers = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var rows in history.Read(progress, rejected, cancellationToken))
        {
            var batch = values.GetSpan(rows.Count * plan.Count)[..(rows.Count * plan.Count)];
            memory.Advance(rows);
            plan.Compute(rows, batch);
            var kept = 0;
            for (var row = 0; row < rows.Count; row++)
            {
                if (rows.Label(row) is not { } label)
                    continue;
                batch.Slice(row * plan.Count, plan.Count).CopyTo(batch[(kept++ * plan.Count)..]);
                labels.Add(label ? (byte)1 : (byte)0);
                times.Add(rows.EventTime(row));
                var card = Encoding.Latin1.GetString(rows.Key(row));
                if (!cardNumbers.TryGetValue(card, out var number))
                    cardNumbers.Add(card, number = cardNumbers.Count);
                cards.Add(number);
            }

            values.Advance(kept * plan.Count);
        }

        return labels.Count == 0 ? null : new LabelledRows(new TrainingSet(plan.Columns, values.WrittenMemory, labels.ToArray()), [.. times], [.. cards]);
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
    public LabelledRows Take(IReadOnlyList<int> rows)
    {
        var width = Set.Features.Length;
        var values = new double[rows.Count * width];
        for (var row = 0; row < rows.Count; row++)
            Set.Values.Span.Slice(rows[row] * width, width).CopyTo(values.AsSpan(row * width));
        var labels = new byte[rows.Count];
        for (var row = 0; row < rows.Count; row++)
            labels[row] = Set.Labels.Span[rows[row]];
        return new LabelledRows(new TrainingSet(Set.Features, values, labels), [.. rows.Select(row => Times[row])], [.. rows.Select(row => Cards[row])]);
    }
}
