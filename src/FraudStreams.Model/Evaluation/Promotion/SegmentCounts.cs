namespace FraudStreams.Model.Evaluation.Promotion;

/// <summary>The frauds of a segment, and how many of them each model predicted at its own threshold.</summary>
readonly record struct SegmentRecall(long Frauds, long ByChampion, long ByChallenger)
{
    public double Champion => Frauds == 0 ? 0 : (double)ByChampion / Frauds;

    public double Challenger => Frauds == 0 ? 0 : (double)ByChallenger / Frauds;
}

/// <summary>Frauds by card and segment, to be added up with other weights of the cards.</summary>
sealed class SegmentCounts
{
    readonly List<(int Card, int Segment, SegmentRecall Recall)> _counts;
    readonly int _segments;

    public SegmentCounts(ReadOnlySpan<GatePayment> payments, ReadOnlySpan<int> cardOf, int cards, AmountBands bands)
    {
        _segments = bands.Count;
        var byCard = new Dictionary<(int Card, int Segment), SegmentRecall>(cards);
        for (var row = 0; row < payments.Length; row++)
        {
            var payment = payments[row];
            if (!payment.IsFraud)
                continue;
            var key = (cardOf[row], bands.Of(payment.Amount));
            var counted = byCard.GetValueOrDefault(key);
            byCard[key] = new SegmentRecall(counted.Frauds + 1, counted.ByChampion + (payment.ChampionAlerts ? 1 : 0), counted.ByChallenger + (payment.ChallengerAlerts ? 1 : 0));
        }

        _counts = [.. byCard.Select(count => (count.Key.Card, count.Key.Segment, count.Value))];
    }

    /// <param name="weights">How often a card counts, that of card n at n times the step.</param>
    public SegmentRecall[] Measure(ReadOnlySpan<int> weights, int step)
    {
        var sums = new SegmentRecall[_segments];
        foreach (var (card, segment, recall) in _counts)
        {
            var weight = weights[card * step];
            var sum = sums[segment];
            sums[segment] = new SegmentRecall(sum.Frauds + (weight * recall.Frauds), sum.ByChampion + (weight * recall.ByChampion), sum.ByChallenger + (weight * recall.ByChallenger));
        }

        return sums;
    }
}
