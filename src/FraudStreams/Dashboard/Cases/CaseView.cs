using System.Collections.Immutable;
using FraudStreams.Dashboard.Payments;

namespace FraudStreams.Dashboard.Cases;

public enum CaseState
{
    Pending,
    Investigating,
    Closed,
}

/// <summary>A case as the queue shows it: nothing in it but the key and the ids that its alerts are stored by is secret.</summary>
/// <param name="Alerts">Its predicted frauds, latest first.</param>
/// <param name="Card">Masked.</param>
/// <param name="HeldBy">Who reads it; null where nobody does.</param>
/// <param name="Outcome">What it was decided to be, in words; null where it is open.</param>
public sealed record CaseView(
    CaseKey Key, string Card, ImmutableArray<ShownPayment> Alerts, CaseState State, string? HeldBy, DateTimeOffset HeldUntil, string? Outcome, double AtStake)
{
    /// <summary>The payment by whose address the case is found; the first, so that it stays the same when others follow.</summary>
    public string Address => Alerts[^1].Address;

    public double Amount => Alerts.Sum(alert => alert.Amount);

    public double Score => Alerts.Max(alert => alert.Score);

    public DateTime Last => Alerts[0].At;

    public bool Matches(string text) =>
        Card.Contains(text, StringComparison.OrdinalIgnoreCase) || Alerts.Any(alert => alert.Merchant.Contains(text, StringComparison.OrdinalIgnoreCase) || alert.Address.StartsWith(text, StringComparison.Ordinal));

    /// <param name="alerts">At least one, of one case.</param>
    internal static CaseView Of(CaseRecord record, ImmutableArray<ShownPayment> alerts, DateTimeOffset now)
    {
        alerts = alerts.Sort((a, b) => b.At != a.At ? b.At.CompareTo(a.At) : string.CompareOrdinal(b.StoredId, a.StoredId));

        // What others confirmed is decided, too.
        var open = alerts.Where(alert => !record.Decided.ContainsKey(alert.StoredId) && alert.TrueValue is null).ToArray();
        var state = open.Length == 0 ? CaseState.Closed : record.IsHeld(now) ? CaseState.Investigating : CaseState.Pending;
        var isHeld = state == CaseState.Investigating;
        return new CaseView(
            record.Key, alerts[0].Card, alerts, state, isHeld ? record.HeldBy : null, record.HeldUntil, state == CaseState.Closed ? OutcomeOf(record, alerts) : null,
            (open.Length == 0 ? alerts.AsEnumerable() : open).Sum(alert => alert.Score * alert.Amount));
    }

    static string OutcomeOf(CaseRecord record, ImmutableArray<ShownPayment> alerts) => string.Join(", ", alerts
        .Select(alert => record.Decided.TryGetValue(alert.StoredId, out var decided) ? InWords(decided) : alert.TrueValue == true ? "fraud" : "legitimate").Distinct());

    public static string InWords(Outcome outcome) => outcome switch
    {
        Cases.Outcome.Fraud => "fraud",
        Cases.Outcome.Legitimate => "legitimate",
        _ => "unsure",
    };
}
