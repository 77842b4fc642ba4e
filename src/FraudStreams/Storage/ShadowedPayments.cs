using FraudStreams.Model.Evaluation.Promotion;

namespace FraudStreams.Storage;

/// <summary>The payments that a champion decided and a challenger scored in its shadow, with their labels.</summary>
/// <param name="Payments">By event time. The confirmed label is taken, else the source's own.</param>
/// <param name="Unlabelled">Payments without either.</param>
/// <param name="KnownBefore">Payments whose label was confirmed before the challenger scored them: it may have learnt it.</param>
public sealed record ShadowedPayments(GatePayment[] Payments, long Unlabelled, long KnownBefore);

/// <summary>Collects the rows of <see cref="CandidateSql"/>.</summary>
sealed class ShadowedReading
{
    readonly List<GatePayment> _payments = [];
    readonly Dictionary<string, long> _cards = new(StringComparer.Ordinal);
    long _unlabelled;
    long _knownBefore;

    /// <param name="label">1 is fraud; null where there is none.</param>
    public void Add(string card, long time, double champion, bool championAlerts, double challenger, bool challengerAlerts, double? amount, long? label, bool isKnownBefore)
    {
        if (label is null)
        {
            _unlabelled++;
            return;
        }

        if (isKnownBefore)
        {
            _knownBefore++;
            return;
        }

        if (!_cards.TryGetValue(card, out var number))
            _cards.Add(card, number = _cards.Count);
        _payments.Add(new GatePayment(number, time, label == 1, champion, championAlerts, challenger, challengerAlerts, amount ?? double.NaN));
    }

    public ShadowedPayments Build() => new([.. _payments], _unlabelled, _knownBefore);
}
