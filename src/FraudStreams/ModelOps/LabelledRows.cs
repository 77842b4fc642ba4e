using System.Buffers;
using System.Text;
using FraudStreams.Model.Features;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Formats;
using FraudStreams.Model.Trees;
using FraudStreams.Monitoring;

namespace FraudStreams.ModelOps;

/// <summary>The labelled payments of a history as a model sees them, in the order of event time.</summary>
/// <param name="Set">Feature rows and labels.</param>
/// <param name="Times">Event time of each row, unix milliseconds, ascending.</param>
/// <param name="Cards">A number for each row's card, for measures a card and day.</param>
sealed record LabelledRows(TrainingSet Set, long[] Times, long[] Cards)
{
    public int Count => Times.Length;

    /// <summary>Rows of the history, labelled or not, that came after one with a later event time.</summary>
    public long Late { get; init; }

    public LabelledRows Slice(int start, int count) => new(Set.Slice(start, count), Times[start..(start + count)], Cards[start..(start + count)]);

    /// <summary>
    /// Reads a history into feature rows; null when none is left. Rows without a label are left out: nothing can be learnt or measured from them.
    /// They are part of the history that windows see all the same.
    /// </summary>
    /// <param name="memory">What came before the history; it takes the history in, in the order of its rows.</param>
    public static LabelledRows? Read(
        IHistory history, FeaturePlan plan, WindowState memory, Action<double> progress, Action<RejectReason> rejected,
        CancellationToken cancellationToken)
    {
        var (latest, late) = (long.MinValue, 0L);
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
                late += rows.EventTime(row) < latest ? 1 : 0;
                latest = Math.Max(latest, rows.EventTime(row));
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

        return labels.Count == 0 ? null : InOrderOfTime(plan, values.WrittenMemory, [.. labels], [.. times], [.. cards]) with { Late = late };
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

    /// <summary>Some of the rows, by their places in rising order.</summary>
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

    /// <summary>Says it where windows were computed over rows that are not in the order of time.</summary>
    public void TellLate(IHistory history, WorkProgress progress)
    {
        if (Late > 0 && !history.Schema.WindowFeatures.IsEmpty)
            progress.Warning($"{history.Name} is not in the order of event time: {Late:N0} rows come after a later one, and their windows hold what stands before them in the file, as in a stream");
    }

    static bool IsInOrder(long[] times)
    {
        for (var i = 1; i < times.Length; i++)
        {
            if (times[i] < times[i - 1])
                return false;
        }

        return true;
    }

    static LabelledRows InOrderOfTime(FeaturePlan plan, ReadOnlyMemory<double> values, byte[] labels, long[] times, long[] cards)
    {
        if (IsInOrder(times))
            return new LabelledRows(new TrainingSet(plan.Columns, values, labels), times, cards);

        // Equal times keep the order of the file.
        var order = Enumerable.Range(0, times.Length).OrderBy(row => times[row]).ToArray();
        var sorted = new double[values.Length];
        for (var row = 0; row < order.Length; row++)
            values.Span.Slice(order[row] * plan.Count, plan.Count).CopyTo(sorted.AsSpan(row * plan.Count));
        return new LabelledRows(
            new TrainingSet(plan.Columns, sorted, order.Select(row => labels[row]).ToArray()),
            [.. order.Select(row => times[row])], [.. order.Select(row => cards[row])]);
    }
}
