using System.Runtime.Intrinsics;

namespace FraudStreams.Model.Evaluation.Promotion;

/// <summary>
/// Payments in the order of one model's scores, highest first, to be measured many times with other weights of their cards, for several draws at once. Those
/// below the lowest fraud are left out: they change neither measure.
/// </summary>
sealed class RankedPayments
{
    /// <summary>By payment, its card: of each tie that has frauds the other payments come first, then the frauds; between two such ties there are no frauds.</summary>
    readonly int[] _cards;

    readonly Tie[] _ties;

    /// <param name="cards">By payment, its card from 0.</param>
    public RankedPayments(ReadOnlySpan<GatePayment> payments, ReadOnlySpan<int> cards, Func<GatePayment, double> score)
    {
        var negated = new double[payments.Length];
        var rows = new int[payments.Length];
        for (var row = 0; row < rows.Length; row++)
            (rows[row], negated[row]) = (row, -score(payments[row]));
        Array.Sort(negated, rows);

        var (ranked, ties, frauds) = (new List<int>(rows.Length), new List<Tie>(), new List<int>());
        for (int start = 0, end = 0; start < rows.Length; start = end)
        {
            var first = ranked.Count;
            frauds.Clear();
            for (; end < rows.Length && negated[end] == negated[start]; end++)
                (payments[rows[end]].IsFraud ? frauds : ranked).Add(cards[rows[end]]);
            if (frauds.Count == 0)
                continue;
            ties.Add(new Tie(first, ranked.Count, ranked.Count + frauds.Count));
            ranked.AddRange(frauds);
        }

        _ties = [.. ties];
        _cards = [.. ranked.Take(_ties[^1].End)];
    }

    /// <summary>
    /// Of each draw, average precision (<see cref="Ranking.AveragePrecision"/>) and the recall if the highest scores were alerts up to a number. Of a tie that
    /// the number cuts, the share of frauds counts that a draw would give on average.
    /// </summary>
    /// <param name="weights">By card, how often each of its payments counts in each draw.</param>
    /// <param name="alerts">By draw.</param>
    public void Measure(ReadOnlySpan<Vector256<int>> weights, ReadOnlySpan<long> alerts, Span<double> averagePrecision, Span<double> recall)
    {
        var (frauds, others, at) = (Vector256<int>.Zero, Vector256<int>.Zero, 0);
        averagePrecision.Clear();
        recall.Clear();
        foreach (var tie in _ties)
        {
            others += Sum(weights, _cards.AsSpan(at, tie.First - at));
            var before = frauds + others;
            others += Sum(weights, _cards.AsSpan(tie.First, tie.Frauds - tie.First));
            var tiedFrauds = Sum(weights, _cards.AsSpan(tie.Frauds, tie.End - tie.Frauds));
            frauds += tiedFrauds;
            at = tie.End;
            for (var draw = 0; draw < averagePrecision.Length; draw++)
            {
                if (tiedFrauds[draw] is not (> 0 and var found))
                    continue;
                double above = before[draw], counted = frauds[draw] + others[draw];
                averagePrecision[draw] += (double)found * frauds[draw] / counted;
                recall[draw] += found * Math.Clamp((alerts[draw] - above) / (counted - above), 0, 1);
            }
        }

        for (var draw = 0; draw < averagePrecision.Length; draw++)
        {
            averagePrecision[draw] = frauds[draw] == 0 ? 0 : averagePrecision[draw] / frauds[draw];
            recall[draw] = frauds[draw] == 0 ? 0 : recall[draw] / frauds[draw];
        }
    }

    static Vector256<int> Sum(ReadOnlySpan<Vector256<int>> weights, ReadOnlySpan<int> cards)
    {
        var sum = Vector256<int>.Zero;
        foreach (var card in cards)
            sum += weights[card];
        return sum;
    }

    /// <param name="First">The first payment of the tie.</param>
    /// <param name="Frauds">Its first fraud.</param>
    /// <param name="End">The first payment after it.</param>
    readonly record struct Tie(int First, int Frauds, int End);
}
