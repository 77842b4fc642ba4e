namespace FraudStreams.Model.Evaluation.Promotion;

/// <summary>
/// Payments in the order of one model's scores, highest first, to be measured many times with other weights of their cards. Those below the lowest fraud are
/// left out: they change neither measure.
/// </summary>
sealed class RankedPayments
{
    readonly int[] _cards;
    readonly bool[] _isFraud;

    /// <summary>Whether the next payment has a lower score.</summary>
    readonly bool[] _endsTie;

    /// <param name="cards">By payment, its card from 0.</param>
    public RankedPayments(ReadOnlySpan<GatePayment> payments, ReadOnlySpan<int> cards, Func<GatePayment, double> score)
    {
        var negated = new double[payments.Length];
        var rows = new int[payments.Length];
        var lowestFraud = double.PositiveInfinity;
        for (var row = 0; row < rows.Length; row++)
        {
            (rows[row], negated[row]) = (row, -score(payments[row]));
            if (payments[row].IsFraud)
                lowestFraud = Math.Min(lowestFraud, -negated[row]);
        }

        Array.Sort(negated, rows);
        var kept = Array.FindLastIndex(negated, value => -value >= lowestFraud) + 1;
        (_cards, _isFraud, _endsTie) = (new int[kept], new bool[kept], new bool[kept]);
        for (var at = 0; at < kept; at++)
        {
            _cards[at] = cards[rows[at]];
            _isFraud[at] = payments[rows[at]].IsFraud;
            _endsTie[at] = at == kept - 1 || negated[at + 1] != negated[at];
        }
    }

    /// <summary>
    /// Average precision (<see cref="Ranking.AveragePrecision"/>) and the recall if the highest scores were alerts up to a number. Of a tie that the number
    /// cuts, the share of frauds counts that a draw would give on average.
    /// </summary>
    /// <param name="weights">By card, how often each of its payments counts.</param>
    public (double AveragePrecision, double Recall) Measure(ReadOnlySpan<int> weights, double alerts)
    {
        double frauds = 0, others = 0, sum = 0, caught = 0, fraudsBefore = 0, othersBefore = 0;
        for (var at = 0; at < _cards.Length; at++)
        {
            var weight = weights[_cards[at]];
            if (_isFraud[at]) frauds += weight;
            else others += weight;
            if (!_endsTie[at])
                continue;
            var (tied, tiedFrauds) = (frauds + others - fraudsBefore - othersBefore, frauds - fraudsBefore);
            if (tiedFrauds > 0)
            {
                sum += tiedFrauds * frauds / (frauds + others);
                caught += tiedFrauds * Math.Clamp((alerts - fraudsBefore - othersBefore) / tied, 0, 1);
            }

            (fraudsBefore, othersBefore) = (frauds, others);
        }

        return frauds == 0 ? (0, 0) : (sum / frauds, caught / frauds);
    }
}
