using System.Collections.Immutable;
using FraudStreams.Dashboard.Payments;
using FraudStreams.Messaging;
using FraudStreams.Storage;

namespace FraudStreams.Dashboard.Cases;

/// <summary>
/// The cases of the latest alerts, most at stake first. Read from the store and topic `cases` at most once in two seconds however many look; it is one list for all of them.
/// </summary>
public sealed class CaseQueue(PaymentLookup payments, CaseLog book, TimeProvider time) : IDisposable
{
    /// <summary>Older alerts are found by search.</summary>
    public const int MostAlerts = 2_000;

    static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(2);

    readonly SemaphoreSlim _turn = new(1);
    ImmutableArray<CaseView> _latest = [];

    /// <summary>What is shown of the latest alerts, by their ids as they are stored: two that are masked may look the same.</summary>
    Dictionary<string, ShownPayment> _shown = [];

    long? _readAt;

    /// <param name="isChanged">Reads again although what is there is fresh: somebody has just acted.</param>
    /// <exception cref="StoreException">The store cannot be read now.</exception>
    /// <exception cref="MessageLogException">The topic cannot be read now.</exception>
    public async Task<ImmutableArray<CaseView>> ReadAsync(bool isChanged, CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (!isChanged && _readAt is { } at && time.GetElapsedTime(at) < s_fresh)
                return _latest;
            await book.RefreshAsync(cancellationToken);
            var alerts = await payments.FindStoredAsync(new PaymentFilter(IsFraud: true), MostAlerts, cancellationToken);
            var now = time.GetUtcNow();
            _shown = alerts.ToDictionary(payments.Mask.IdOf, Shown);
            _latest =
            [
                .. alerts.GroupBy(KeyOf).Select(alerts => CaseView.Of(book[alerts.Key], [.. alerts.Select(alert => _shown[payments.Mask.IdOf(alert)])], now))
                    .OrderByDescending(found => found.AtStake).ThenBy(found => found.Alerts[^1].StoredId, StringComparer.Ordinal),
            ];
            _readAt = time.GetTimestamp();
            return _latest;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The case of an alert by its payment's address; null where there is no such alert.</summary>
    public async Task<CaseFile?> FindAsync(string address, CancellationToken cancellationToken = default)
    {
        var schema = payments.Schema;
        if (await payments.FindStoredAsync(new PaymentFilter(payments.Mask.IdAt(address)), 1, cancellationToken) is not [{ IsFraud: true } found])
            return null;
        await book.RefreshAsync(cancellationToken);
        var key = KeyOf(found);
        var from = (long)(key.Window * CaseKey.Length.TotalMilliseconds);
        var alerts = await payments.FindStoredAsync(
            new PaymentFilter(IsFraud: true, From: from, To: from + (long)CaseKey.Length.TotalMilliseconds) { Key = key.Card }, CaseFile.MostAlerts, cancellationToken);
        var merchant = schema.MerchantField < 0 ? null : found.Fields[schema.MerchantField] as string;
        return new CaseFile(
            CaseView.Of(book[key], [.. alerts.Select(alert => payments.Mask.Show(alert))], time.GetUtcNow()),
            schema.CardField < 0 ? [] : await payments.FindAsync(new PaymentFilter { Key = key.Card }, CaseFile.MostPayments, cancellationToken),
            merchant is null
                ? []
                : [.. (await payments.FindStoredAsync(new PaymentFilter(IsFraud: true, Merchant: merchant), CaseFile.MostOthers + CaseFile.MostAlerts, cancellationToken))
                    .Where(other => KeyOf(other) != key).Take(CaseFile.MostOthers).Select(other => payments.Mask.Show(other))]);
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>Of an alert only the label changes: what was made of it for the queue before is still right while that is the same.</summary>
    ShownPayment Shown(StoredPayment alert) =>
        _shown.TryGetValue(payments.Mask.IdOf(alert), out var shown) && shown.TrueValue == alert.TrueValue && shown.ConfirmedBy == alert.ConfirmedBy
            ? shown : payments.Mask.Show(alert);

    internal CaseKey KeyOf(StoredPayment payment)
    {
        var schema = payments.Schema;
        return CaseKey.Of(payment.Fields[schema.KeyField] as string ?? "", payment.Fields[schema.TimeField] as long? ?? 0);
    }
}

/// <summary>A case with what helps to decide it.</summary>
/// <param name="Payments">The card's last payments, latest first.</param>
/// <param name="Others">Alerts of other cases at the same merchant, latest first.</param>
public sealed record CaseFile(CaseView Case, ImmutableArray<ShownPayment> Payments, ImmutableArray<ShownPayment> Others)
{
    internal const int MostAlerts = 50;
    internal const int MostPayments = 40;
    internal const int MostOthers = 8;
}
