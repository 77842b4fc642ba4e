using System.Numerics;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Features.Windows;

/// <summary>Reads window values from a key's buffer, whose edges the caller has moved to the payment's time.</summary>
sealed class WindowReading
{
    long[] _seen = new long[64];

    /// <param name="paymentEvent">The payment, not yet in the buffer.</param>
    /// <param name="values">One for each window feature of the schema.</param>
    internal void Read(WindowLayout layout, KeyedEventBuffer buffer, ReadOnlySpan<long> paymentEvent, Span<double> values)
    {
        foreach (var window in layout.Windows.AsSpan())
            values[window.Index] = Value(layout, window, buffer, paymentEvent);
    }

    double Value(WindowLayout layout, BoundWindow window, KeyedEventBuffer buffer, ReadOnlySpan<long> paymentEvent)
    {
        var (left, right) = buffer.Edges(window.Span);
        var count = right - left;
        var itself = window.CountsItself ? 1 : 0;
        switch (window.Kind)
        {
            case WindowKind.Count:
                return count + itself;
            case WindowKind.Sum:
                return FixedPoint.FromSum(Sum(window, buffer, paymentEvent));
            case WindowKind.Mean:
                var present = Present(window, buffer, paymentEvent, count);
                return present == 0 ? double.NaN : FixedPoint.FromSum(Sum(window, buffer, paymentEvent)) / present;
            case WindowKind.StandardDeviation:
                return Deviation(window, buffer, paymentEvent, Present(window, buffer, paymentEvent, count));
            case WindowKind.Max:
                return Max(window, buffer, paymentEvent, left, right);
            case WindowKind.Distinct:
                return Distinct(window, buffer, paymentEvent, left, right);
            case WindowKind.FraudShare:
                return count == 0 ? 0 : (double)Frauds(layout, window, buffer, paymentEvent[0], left, right) / count;
            default:
                return SinceLast(window, buffer, paymentEvent[0]);
        }
    }

    static Int128 Sum(BoundWindow window, KeyedEventBuffer buffer, ReadOnlySpan<long> paymentEvent)
    {
        var sum = RunningAggregate.Read(buffer.Key, window.AggregateAt);
        return window.CountsItself ? sum + FixedPoint.ForSum(Number(paymentEvent, window)) : sum;
    }

    /// <summary>Payments in the window that have a value in the field.</summary>
    static long Present(BoundWindow window, KeyedEventBuffer buffer, ReadOnlySpan<long> paymentEvent, int count)
    {
        var present = window.CountedAt < 0 ? count : buffer.Key[window.CountedAt];
        return window.CountsItself && !double.IsNaN(Number(paymentEvent, window)) ? present + 1 : present;
    }

    static double Deviation(BoundWindow window, KeyedEventBuffer buffer, ReadOnlySpan<long> paymentEvent, long present)
    {
        if (present == 0)
            return double.NaN;
        var sum = RunningAggregate.Read(buffer.Key, window.AggregateAt);
        var squares = RunningAggregate.Read(buffer.Key, window.AggregateAt + 2);
        if (window.CountsItself)
        {
            var value = FixedPoint.ForSquare(Number(paymentEvent, window));
            sum += value;
            squares += (Int128)value * value;
        }
        return FixedPoint.Deviation(present, sum, squares);
    }

    static double Max(BoundWindow window, KeyedEventBuffer buffer, ReadOnlySpan<long> paymentEvent, int left, int right)
    {
        var max = window.CountsItself ? Number(paymentEvent, window) : double.NaN;
        for (var index = left; index < right; index++)
        {
            var value = Number(buffer[index], window);
            // False if both values are missing, true if only the maximum so far is.
            if (!(value <= max) && !double.IsNaN(value))
                max = value;
        }
        return max;
    }

    int Distinct(BoundWindow window, KeyedEventBuffer buffer, ReadOnlySpan<long> paymentEvent, int left, int right)
    {
        var slots = (int)BitOperations.RoundUpToPowerOf2((uint)(right - left + 1) * 2);
        if (slots > _seen.Length)
            _seen = new long[slots];
        var seen = _seen.AsSpan(0, slots);
        seen.Clear();
        var distinct = window.CountsItself ? AddTo(seen, paymentEvent[window.EventWord]) : 0;
        for (var index = left; index < right; index++)
            distinct += AddTo(seen, buffer[index][window.EventWord]);
        return distinct;
    }

    /// <summary>1 for a new hash; 0 for a known one, and for hash 0, a missing text.</summary>
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

    static long Frauds(WindowLayout layout, BoundWindow window, KeyedEventBuffer buffer, long time, int left, int right)
    {
        if (buffer.LateLabels == 0)
            return buffer.Key[window.AggregateAt];
        // A label takes effect while its event is in the window, so the running count may be stale: count again.
        var frauds = 0L;
        for (var index = left; index < right; index++)
            frauds += PackedLabel.IsFraud(buffer[index][layout.LabelWord], time) ? 1 : 0;
        return frauds;
    }

    static double SinceLast(BoundWindow window, KeyedEventBuffer buffer, long time)
    {
        var last = buffer.UpTo(time) - 1;
        if (last < 0)
            return double.NaN;
        var milliseconds = time - buffer[last][0];
        return milliseconds < window.Over ? milliseconds / 1000.0 : double.NaN;
    }

    static double Number(ReadOnlySpan<long> paymentEvent, BoundWindow window) =>
        BitConverter.Int64BitsToDouble(paymentEvent[window.EventWord]);
}
