using System.Globalization;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Storage;

/// <summary>Which stored payments are looked for; what is null does not matter.</summary>
/// <param name="CardEnding">The last four digits of the card.</param>
/// <param name="From">Event time, Unix milliseconds, inclusive.</param>
/// <param name="To">Event time, Unix milliseconds, exclusive.</param>
/// <param name="Before">The payments after this one in the order of the answer: latest first.</param>
public sealed record PaymentFilter(
    string? Id = null, string? CardEnding = null, string? Merchant = null, long? From = null, long? To = null, double? MinScore = null, double? MaxScore = null,
    bool? IsFraud = null, StoredPosition? Before = null)
{
    /// <summary>The whole card, or what the payments' key is.</summary>
    public string? Key { get; init; }
}

/// <summary>A payment with its prediction and its label in force, as the store has it: secrets are not masked.</summary>
/// <param name="Fields">By the schema's fields: string, double, long (whole numbers, and times in Unix milliseconds) or null.</param>
/// <param name="ScoredAt">Unix milliseconds, as <paramref name="ConfirmedAt"/>.</param>
/// <param name="Reasons">A JSON array; null where there is none.</param>
/// <param name="TrueValue">The confirmed label; null where there is none.</param>
public sealed record StoredPayment(
    object?[] Fields, double Score, bool IsFraud, string ModelVersion, long ScoredAt, string? Reasons, bool? TrueValue, long? ConfirmedAt, string? ConfirmedBy)
{
    /// <summary>Of its secret fields, which no other text about it may show (<see cref="SecretText"/>).</summary>
    public IEnumerable<string> Secrets(TransactionSchema schema) =>
        Enumerable.Range(0, Fields.Length).Where(schema.IsSecret).Select(field => Convert.ToString(Fields[field], CultureInfo.InvariantCulture) ?? "");
}

/// <summary>What is known of a payment's score.</summary>
/// <param name="Time">Event time, Unix milliseconds.</param>
/// <param name="Truth">The confirmed label, else the source's own; null where there is none.</param>
/// <param name="IsConfirmed">Whether the label is a confirmed one.</param>
public readonly record struct ScoredPayment(long Time, double Score, double Amount, bool? Truth, bool IsConfirmed);
