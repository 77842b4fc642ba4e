using System.Collections.Immutable;

namespace FraudStreams.Model.Schemas;

/// <summary>
/// An aggregate over earlier payments of the same key: of the payments with the same values in <paramref name="By"/> that arrived before this one
/// in the topic or file, those with an event time in <c>(t - Delay - Over, t - Delay]</c>, where t is this payment's. Missing if the payment has
/// no value in a field of <paramref name="By"/>. Equal times are ordered by arrival.
/// </summary>
/// <param name="Name">Unique among the features of the schema.</param>
/// <param name="Kind">The aggregate.</param>
/// <param name="By">One to four text fields that together are the key, such as the card; not the id.</param>
/// <param name="Over">Length of the window: 1 second to <see cref="Longest"/>, in whole milliseconds.</param>
public sealed record WindowFeature(string Name, WindowKind Kind, ImmutableArray<string> By, TimeSpan Over) : FeatureDefinition(Name)
{
    /// <summary>Longest <see cref="Over"/> and <see cref="Delay"/>: 3660 days.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(3660);

    /// <summary>The field that is aggregated: a number, or a text for <see cref="WindowKind.Distinct"/>; null for kinds that need no field.</summary>
    public string? Of { get; init; }

    /// <summary>How long before the payment the window ends: zero to <see cref="Longest"/>, in whole milliseconds.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>
    /// Whether the payment itself is in the window. It never is in a window with a delay, nor for <see cref="WindowKind.SinceLast"/>.
    /// </summary>
    public bool CountsItself { get; init; } = true;

    public bool Equals(WindowFeature? other) =>
        other is not null && Name == other.Name && Kind == other.Kind && By.SequenceEqual(other.By) && Over == other.Over
        && Of == other.Of && Delay == other.Delay && CountsItself == other.CountsItself;

    public override int GetHashCode() => HashCode.Combine(Name, Kind, By.Length, Over, Of, Delay, CountsItself);
}

/// <summary>The aggregates of a window. Payments without a value in the aggregated field are ignored.</summary>
public enum WindowKind
{
    /// <summary>Number of payments.</summary>
    Count,

    /// <summary>Sum of the field; 0 without payments. Values are rounded to 2⁻⁴⁸ and clamped to ±2⁴⁰.</summary>
    Sum,

    /// <summary>Arithmetic mean of the field; missing without payments. Values are rounded and clamped as in <see cref="Sum"/>.</summary>
    Mean,

    /// <summary>
    /// Population standard deviation of the field, √(Σ(x − mean)² / n); 0 for one payment, missing without payments. Values are rounded to 2⁻²⁴ and
    /// clamped to ±2³⁶.
    /// </summary>
    StandardDeviation,

    /// <summary>
    /// Maximum of the field; missing without payments. Costs time proportional to the payments in the window, as does <see cref="Distinct"/>.
    /// </summary>
    Max,

    /// <summary>Number of distinct values of a text field, compared by 64-bit hash; 0 without payments.</summary>
    Distinct,

    /// <summary>
    /// Share of the payments that are known to be fraud at this payment's event time, 0..1; 0 without payments. The label in a payment counts once
    /// the delay has passed; a label from topic `labels` counts from when it was confirmed, and replaces the label in the payment.
    /// </summary>
    FraudShare,

    /// <summary>Seconds since the latest payment before this one; missing without payments.</summary>
    SinceLast,
}
