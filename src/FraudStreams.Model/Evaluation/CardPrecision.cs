using System.Runtime.InteropServices;

namespace FraudStreams.Model.Evaluation;

/// <summary>
/// Card precision top-k: investigators can check k cards a day, so of the k cards with the highest scores on a day, how many are
/// compromised? (Le Borgne, Siblini, Lebichot, Bontempi: Reproducible Machine Learning for Credit Card Fraud Detection, ch. 4.4.)
/// </summary>
public static class CardPrecision
{
    const long MillisecondsInDay = 86_400_000;

    /// <summary>
    /// The mean over days of (compromised cards among the k with the highest score that day) / k. A card's score on a day is the highest of
    /// its payments that day; the card is compromised that day if one of them is fraud. A compromised card that was among the k is blocked:
    /// its payments on later days are left out. Ties go to the card with the lower number.
    /// </summary>
    /// <param name="scores">One a row, any number but NaN; higher is more suspicious.</param>
    /// <param name="labels">One a row: 1 is fraud, 0 is not.</param>
    /// <param name="cards">One a row: a number that identifies the card.</param>
    /// <param name="times">One a row, Unix milliseconds, in any order. Days are UTC days with at least one payment.</param>
    /// <param name="k">Cards checked a day, at least 1.</param>
    /// <returns>0..1. On a day with fewer than k cards the missing ones count as not compromised.</returns>
    /// <exception cref="ArgumentException">Lengths differ, there is no row, a score is NaN, a label is not 0 or 1, or
    /// <paramref name="k"/> is below 1.</exception>
    public static double AtK(
        ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels, ReadOnlySpan<long> cards, ReadOnlySpan<long> times, int k)
    {
        Scored.Check(scores, labels);
        if (cards.Length != scores.Length || times.Length != scores.Length)
            throw new ArgumentException(
                $"There are {scores.Length} scores, {cards.Length} cards and {times.Length} times; each row needs all.");
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);

        var days = new SortedDictionary<long, Dictionary<long, (double Score, bool Compromised)>>();
        for (var row = 0; row < scores.Length; row++)
        {
            var day = (long)Math.Floor((double)times[row] / MillisecondsInDay);
            if (!days.TryGetValue(day, out var ofDay)) days.Add(day, ofDay = []);
            ref var card = ref CollectionsMarshal.GetValueRefOrAddDefault(ofDay, cards[row], out var known);
            card = (known ? Math.Max(card.Score, scores[row]) : scores[row], card.Compromised || labels[row] == 1);
        }

        var blocked = new HashSet<long>();
        var sum = 0.0;
        foreach (var ofDay in days.Values)
        {
            var checkedCards = ofDay.Where(card => !blocked.Contains(card.Key))
                .OrderByDescending(card => card.Value.Score).ThenBy(card => card.Key).Take(k).ToList();
            var found = checkedCards.Where(card => card.Value.Compromised).Select(card => card.Key).ToList();
            sum += (double)found.Count / k;
            blocked.UnionWith(found);
        }
        return sum / days.Count;
    }
}
