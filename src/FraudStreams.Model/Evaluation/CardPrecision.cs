using System.Runtime.InteropServices;

namespace FraudStreams.Model.Evaluation;

/// <summary>
/// Card precision: investigators can check k cards a day, so of each day's k cards with the highest scores, how many were truly
/// compromised? (Le Borgne, Siblini, Lebichot, Bontempi: Reproducible Machine Learning for Credit Card Fraud Detection, ch. 4.4.)
/// </summary>
public static class CardPrecision
{
    const long MillisecondsInDay = 86_400_000;

    /// <summary>
    /// The mean over days of (compromised cards among the k with the highest score that day) / k. A card's score on a day is the highest of
    /// its payments; it is compromised on a day when one of them is fraud. A card found compromised on one day is blocked, and its later
    /// payments are left out. Cards of equal score are taken in the order of their numbers, lowest first.
    /// </summary>
    /// <param name="cards">One a row: a number that stands for the card.</param>
    /// <param name="times">One a row: milliseconds since 1970-01-01 UTC; days are UTC days that have at least one payment. Any
    /// order.</param>
    /// <param name="k">Cards a day, at least 1.</param>
    /// <returns>0..1. On a day with fewer than k cards the places left empty count as not compromised.</returns>
    /// <exception cref="ArgumentException">Lengths differ, there is no row, or a score is NaN.</exception>
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
