namespace FraudStreams.Model.Features.Windows;

enum TallyKind
{
    /// <summary>Σ of a number: 2 words.</summary>
    Sum,

    /// <summary>Σ and Σ² of a number: 4 words.</summary>
    Squares,

    /// <summary>Events with a value: 1 word.</summary>
    Present,

    /// <summary>Events that count as fraud at the first moment at which a window of the span can see them: 1 word.</summary>
    Frauds,
}

/// <summary>A running sum over the events between a span's edges. Exact, so events may enter and leave in any order.</summary>
/// <param name="EventWord">The word of an event that is summed.</param>
/// <param name="At">The first of its words among a key's.</param>
/// <param name="Delay">The delay of its span, in milliseconds.</param>
readonly record struct RunningAggregate(TallyKind Kind, int EventWord, int At, long Delay)
{
    internal int Words => Kind switch { TallyKind.Squares => 4, TallyKind.Sum => 2, _ => 1 };

    /// <summary>Takes an event in (+1) or out (−1).</summary>
    internal void Apply(Span<long> key, ReadOnlySpan<long> paymentEvent, int sign)
    {
        switch (Kind)
        {
            case TallyKind.Sum:
                Add(key, At, FixedPoint.ForSum(BitConverter.Int64BitsToDouble(paymentEvent[EventWord])), sign);
                break;
            case TallyKind.Squares:
                var value = FixedPoint.ForSquare(BitConverter.Int64BitsToDouble(paymentEvent[EventWord]));
                Add(key, At, value, sign);
                Add(key, At + 2, (Int128)value * value, sign);
                break;
            case TallyKind.Present:
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
