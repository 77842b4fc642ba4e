namespace FraudStreams.Model.Features.Windows;

enum AggregateKind
{
    /// <summary>Σ of a number: 2 words.</summary>
    Sum,

    /// <summary>Σ and Σ² of a number: 4 words.</summary>
    Squares,

    /// <summary>Number of events with a value: 1 word.</summary>
    Present,

    /// <summary>Number of events that count as fraud when a window of the span first sees them: 1 word.</summary>
    Frauds,
}

/// <summary>A running aggregate over the events between a span's edges. Exact, so that events may enter and leave in any order.</summary>
/// <param name="Kind">What is aggregated.</param>
/// <param name="EventWord">Index of the event word that is aggregated.</param>
/// <param name="At">Index of the aggregate's first word among the key's words.</param>
/// <param name="Delay">The span's delay, in milliseconds.</param>
readonly record struct RunningAggregate(AggregateKind Kind, int EventWord, int At, long Delay)
{
    internal int Words => Kind switch { AggregateKind.Squares => 4, AggregateKind.Sum => 2, _ => 1 };

    /// <summary>Adds (+1) or removes (−1) an event.</summary>
    internal void Apply(Span<long> key, ReadOnlySpan<long> paymentEvent, int sign)
    {
        switch (Kind)
        {
            case AggregateKind.Sum:
                Add(key, At, FixedPoint.ForSum(BitConverter.Int64BitsToDouble(paymentEvent[EventWord])), sign);
                break;
            case AggregateKind.Squares:
                var value = FixedPoint.ForSquare(BitConverter.Int64BitsToDouble(paymentEvent[EventWord]));
                Add(key, At, value, sign);
                Add(key, At + 2, (Int128)value * value, sign);
                break;
            case AggregateKind.Present:
                key[At] += double.IsNaN(BitConverter.Int64BitsToDouble(paymentEvent[EventWord])) ? 0 : sign;
                break;
            default:
                key[At] += PackedLabel.IsFraud(paymentEvent[EventWord], paymentEvent[0] + Delay) ? sign : 0;
                break;
        }
    }

    internal static Int128 Read(ReadOnlySpan<long> key, int at) => new((ulong)key[at + 1], (ulong)key[at]);

    static void Add(Span<long> key, int at, Int128 value, int sign)
    {
        var sum = Read(key, at) + (sign > 0 ? value : -value);
        key[at] = (long)(ulong)sum;
        key[at + 1] = (long)(ulong)(sum >>> 64);
    }
}
