using System.Numerics;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Features.Windows;

/// <summary>Reads the windows' values off a key's history whose edges stand where they are for the payment.</summary>
sealed class WindowReading
{
    long[] _seen = new long[64];

    /// <param name="paymentEvent">The payment, which is not in the history yet.</param>
    /// <param name="values">One a window of the schema.</param>
    internal void Read(WindowLayout layout, KeyedEventBuffer history, ReadOnlySpan<long> paymentEvent, Span<double> values)
    {
        foreach (var window in layout.Windows.AsSpan())
            values[window.Index] = Value(layout, window, history, paymentEvent);
    }

    double Value(WindowLayout layout, PlacedWindow window, KeyedEventBuffer history, ReadOnlySpan<long> paymentEvent)
    {
        var (left, right) = history.Edges(window.Span);
        var count = right - left;
        var itself = window.CountsItself ? 1 : 0;
        switch (window.Kind)
        {
            case WindowKind.Count:
                return count + itself;
            case WindowKind.Sum:
                return FixedPoint.FromSum(Sum(window, history, paymentEvent));
            case WindowKind.Mean:
                var present = Present(window, history, paymentEvent, count);
                return present == 0 ? double.NaN : FixedPoint.FromSum(Sum(window, history, paymentEvent)) / present;
            case WindowKind.StandardDeviation:
                return Deviation(window, history, paymentEvent, Present(window, history, paymentEvent, count));
            case WindowKind.Max:
                return Max(window, history, paymentEvent, left, right);
            case WindowKind.Distinct:
                return Distinct(window, history, paymentEvent, left, right);
            case WindowKind.FraudShare:
                return count == 0 ? 0 : (double)Frauds(layout, window, history, paymentEvent[0], left, right) / count;
            default:
                return SinceLast(window, history, paymentEvent[0]);
        }
    }

    static Int128 Sum(PlacedWindow window, KeyedEventBuffer history, ReadOnlySpan<long> paymentEvent)
    {
        var sum = RunningAggregate.Read(history.Key, window.TallyAt);
        return window.CountsItself ? sum + FixedPoint.ForSum(Number(paymentEvent, window)) : sum;
    }

    /// <summary>Payments in the window that have a value in the field.</summary>
    static long Present(PlacedWindow window, KeyedEventBuffer history, ReadOnlySpan<long> paymentEvent, int count)
    {
        var present = window.CountedAt < 0 ? count : history.Key[window.CountedAt];
        return window.CountsItself && !double.IsNaN(Number(paymentEvent, window)) ? present + 1 : present;
    }

    static double Deviation(PlacedWindow window, KeyedEventBuffer history, ReadOnlySpan<long> paymentEvent, long present)
    {
        if (present == 0)
            return double.NaN;
        var sum = RunningAggregate.Read(history.Key, window.TallyAt);
        var squares = RunningAggregate.Read(history.Key, window.TallyAt + 2);
        if (window.CountsItself)
        {
            var value = FixedPoint.ForSquare(Number(paymentEvent, window));
            sum += value;
            squares += (Int128)value * value;
        }
        return FixedPoint.Deviation(present, sum, squares);
    }

    static double Max(PlacedWindow window, KeyedEventBuffer history, ReadOnlySpan<long> paymentEvent, int left, int right)
    {
        var max = window.CountsItself ? Number(paymentEvent, window) : double.NaN;
        for (var place = left; place < right; place++)
        {
            var value = Number(history[place], window);
            // False for two missing values; true where only the largest so far is missing.
            if (!(value <= max) && !double.IsNaN(value))
                max = value;
        }
        return max;
    }

    int Distinct(PlacedWindow window, KeyedEventBuffer history, ReadOnlySpan<long> paymentEvent, int left, int right)
    {
        var slots = (int)BitOperations.RoundUpToPowerOf2((uint)(right - left + 1) * 2);
        if (slots > _seen.Length)
            _seen = new long[slots];
        var seen = _seen.AsSpan(0, slots);
        seen.Clear();
        var distinct = window.CountsItself ? AddTo(seen, paymentEvent[window.EventWord]) : 0;
        for (var place = left; place < right; place++)
            distinct += AddTo(seen, history[place][window.EventWord]);
        return distinct;
    }

    /// <summary>1 for a hash that was not there; 0 for one that was, and for the 0 of a missing text.</summary>
    static int AddTo(Span<long> seen, long hash)
    {
        if (hash == 0)
            return 0;
        var slot = (int)hash & (seen.Length - 1);
        while (seen[slot] != 0)
        {
            if (seen[slot] == hash)
                return 0;
            slot = (slot + 1) & (seen.Length - 1);
        }
        seen[slot] = hash;
        return 1;
    }

    static long Frauds(WindowLayout layout, PlacedWindow window, KeyedEventBuffer history, long time, int left, int right)
    {
        if (history.LateLabels == 0)
            return history.Key[window.TallyAt];
        // Some label changes what counts while the window moves over its event, so the sum cannot know.
        var frauds = 0L;
        for (var place = left; place < right; place++)
            frauds += PackedLabel.IsFraud(history[place][layout.LabelWord], time) ? 1 : 0;
        return frauds;
    }

    static double SinceLast(PlacedWindow window, KeyedEventBuffer history, long time)
    {
        var last = history.UpTo(time) - 1;
        if (last < 0)
            return double.NaN;
        var milliseconds = time - history[last][0];
        return milliseconds < window.Over ? milliseconds / 1000.0 : double.NaN;
    }

    static double Number(ReadOnlySpan<long> paymentEvent, PlacedWindow window) =>
        BitConverter.Int64BitsToDouble(paymentEvent[window.EventWord]);
}
