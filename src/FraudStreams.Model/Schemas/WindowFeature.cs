using System.Collections.Immutable;

namespace FraudStreams.Model.Schemas;

/// <summary>
/// What a key's earlier payments say about this one: of all payments with the same values in <paramref name="By"/>, those whose event time
/// lies in <c>(t - Delay - Over, t - Delay]</c>, t being this payment's own, among those that came before it in the topic or file. Missing
/// where the payment has no value in a field of <paramref name="By"/>. The order of equal times is the order of coming.
/// </summary>
/// <param name="By">One to four text fields that are the key together, such as the card.</param>
/// <param name="Over">The window's length.</param>
public sealed record WindowFeature(string Name, WindowKind Kind, ImmutableArray<string> By, TimeSpan Over) : FeatureDefinition(Name)
{
    /// <summary>Longest <see cref="Over"/> and <see cref="Delay"/>.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(3660);

    /// <summary>The field that is summed, averaged, compared or counted; null for kinds that look at the payments only.</summary>
    public string? Of { get; init; }

    /// <summary>How long before the payment the window ends.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>
    /// Whether the payment itself is in the window. It is never in one with a delay, nor the last one before itself, whatever this says.
    /// </summary>
    public bool CountsItself { get; init; } = true;

    public bool Equals(WindowFeature? other) =>
        other is not null && Name == other.Name && Kind == other.Kind && By.SequenceEqual(other.By) && Over == other.Over
        && Of == other.Of && Delay == other.Delay && CountsItself == other.CountsItself;

    public override int GetHashCode() => HashCode.Combine(Name, Kind, By.Length, Over, Of, Delay, CountsItself);
}

/// <summary>What is computed of a window's payments. Of a field, only those that have a value in it are looked at.</summary>
public enum WindowKind
{
    /// <summary>How many there are.</summary>
    Count,

    /// <summary>The field's sum; 0 of none. Values count to 2⁻⁴⁸ and up to ±2⁴⁰.</summary>
    Sum,

    /// <summary>The field's arithmetic mean; missing of none. Values count as in <see cref="Sum"/>.</summary>
    Mean,

    /// <summary>
    /// The field's standard deviation of the population, √(Σ(x − mean)² / n); 0 of one, missing of none. Values count to 2⁻²⁴ and up to
    /// ±2³⁶.
    /// </summary>
    StandardDeviation,

    /// <summary>The field's largest value; missing of none. Takes time by the window's payments, as <see cref="Distinct"/> does; the other
    /// kinds do not.</summary>
    Max,

    /// <summary>How many different values a text field has, told apart by 64 bits of hash; 0 of none.</summary>
    Distinct,

    /// <summary>
    /// The share, 0 to 1, that is known to be fraud when the payment happens; 0 of none. A payment's own label counts a delay after it
    /// happened; one from topic `labels` counts from when it was confirmed, and takes the place of the own one.
    /// </summary>
    FraudShare,

    /// <summary>Seconds since the latest of them other than the payment itself; missing of none.</summary>
    SinceLast,
}
