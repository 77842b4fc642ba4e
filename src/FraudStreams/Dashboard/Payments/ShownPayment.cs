using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage;
using Microsoft.AspNetCore.DataProtection;

namespace FraudStreams.Dashboard.Payments;

/// <summary>A stored payment as people may see it: secret fields masked, also where a text repeats a card number. Nothing else is shown.</summary>
/// <param name="Id">Masked: what it is stored by is <see cref="StoredId"/>.</param>
/// <param name="At">Event time.</param>
/// <param name="TrueValue">What was confirmed; null where nothing is.</param>
public sealed record ShownPayment(
    string Id, DateTime At, string Card, double Amount, string Merchant, double Score, bool IsFraud, string ModelVersion, DateTime ScoredAt, bool? TrueValue, string? ConfirmedBy)
{
    /// <summary>By which it is found and decided. Never shown: two payments whose ids hold secrets may look the same.</summary>
    internal string StoredId { get; init; } = Id;

    /// <summary>What stands for it in addresses of the page: its id, and of one that is masked a sealed form.</summary>
    public string Address { get; init; } = Id;

    /// <summary>Empty where nobody looks at them.</summary>
    public ImmutableArray<(string Name, string Value)> Fields { get; init; } = [];

    public ImmutableArray<ShownReason> Reasons { get; init; } = [];

    public string Outcome => TrueValue switch
    {
        true => $"fraud, says {ConfirmedBy}",
        false => $"legitimate, says {ConfirmedBy}",
        null => "",
    };
}

/// <param name="LogOdds">How much it raises the score.</param>
public sealed record ShownReason(string Text, double LogOdds);

/// <summary>Makes shown payments of stored ones.</summary>
sealed class PaymentMask(TransactionSchema schema)
{
    /// <summary>No id begins like this by chance.</summary>
    const string Sealed = "sealed:";

    const int LongestText = 200;

    /// <summary>An address lasts as long as the process.</summary>
    readonly Lazy<IDataProtector> _seal = new(() => new EphemeralDataProtectionProvider().CreateProtector("payment"));

    /// <param name="withFields">Most of the work: a list of thousands goes without.</param>
    public ShownPayment Show(StoredPayment payment, bool withFields = false) => new(
        MaskedId(payment), Time(payment.Fields[schema.TimeField] as long? ?? 0), schema.CardField < 0 ? "" : Text(payment, schema.CardField), AmountOf(payment),
        schema.MerchantField < 0 ? "" : Text(payment, schema.MerchantField), payment.Score, payment.IsFraud, payment.ModelVersion, Time(payment.ScoredAt), payment.TrueValue,
        payment.ConfirmedBy)
    {
        StoredId = IdOf(payment),
        Address = MaskedId(payment) == IdOf(payment) ? IdOf(payment) : Sealed + _seal.Value.Protect(IdOf(payment)),
        Fields = withFields ? [.. schema.Fields.Select((field, index) => (field.Name, Text(payment, index)))] : [],
        Reasons = ReasonsOf(payment),
    };

    public string IdOf(StoredPayment payment) => payment.Fields[schema.IdField] as string ?? "";

    /// <summary>The id of the payment that an address stands for.</summary>
    public string IdAt(string address)
    {
        if (!address.StartsWith(Sealed, StringComparison.Ordinal))
            return address;
        try
        {
            return _seal.Value.Unprotect(address[Sealed.Length..]);
        }
        catch (CryptographicException)
        {
            // Of a process before, or not sealed here: then it is an id like any other.
            return address;
        }
    }

    /// <summary>The secret fields in clear, for who may see them and has said why.</summary>
    public ImmutableArray<(string Name, string Value)> Secrets(StoredPayment payment) =>
        [.. Enumerable.Range(0, schema.Fields.Length).Where(schema.IsSecret).Select(field => (schema.Fields[field].Name, payment.Fields[field] is string text ? Cut(text) : Text(payment.Fields[field], field)))];

    public double AmountOf(StoredPayment payment) => payment.Fields[schema.AmountField] switch
    {
        double number => number,
        long whole => whole,
        _ => 0,
    };

    public static DateTime Time(long unixMilliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).UtcDateTime;

    ImmutableArray<ShownReason> ReasonsOf(StoredPayment payment)
    {
        if (payment.Reasons is not { } json)
            return [];
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(reason => new ShownReason(SecretText.Shown(reason.GetProperty("text").GetString() ?? "", payment.Secrets(schema)), reason.GetProperty("log_odds").GetDouble()))];
    }

    /// <summary>Whole, however long: what is cut may look like another.</summary>
    string MaskedId(StoredPayment payment) => SecretText.Shown(schema, schema.IdField, IdOf(payment), payment.Secrets(schema));

    string Text(StoredPayment payment, int field) => payment.Fields[field] switch
    {
        null => "–",
        string text => Cut(SecretText.Shown(schema, field, text, payment.Secrets(schema))),
        not null when schema.IsSecret(field) => SecretText.Mask([]),
        long whole when schema.Fields[field].Type == FieldType.Integer => SecretText.Shown(schema, field, whole.ToString(CultureInfo.InvariantCulture), payment.Secrets(schema)),
        var value => Text(value, field),
    };

    /// <summary>Of anything but texts.</summary>
    string Text(object? value, int field) => value switch
    {
        null => "–",
        long time when schema.Fields[field].Type == FieldType.Time => Time(time).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
        long whole => whole.ToString(CultureInfo.InvariantCulture),
        double number => number.ToString("0.######", CultureInfo.InvariantCulture),
        _ => "",
    };

    static string Cut(string text) => text.Length <= LongestText ? text : $"{text[..LongestText]}…";
}
