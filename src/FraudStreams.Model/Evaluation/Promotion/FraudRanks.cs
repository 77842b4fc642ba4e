namespace FraudStreams.Model.Evaluation.Promotion;

/// <summary>
/// How high each model ranks frauds among legitimate payments: the share of those of the seven days before that score at least as high, which is the rate of
/// false alarms at which the fraud would have been found. So both models are compared at the same alerts, whatever their thresholds. It rests on what was known
/// before the day. Payments come in the order of event time.
/// </summary>
sealed class FraudRanks
{
    const long MillisecondsInDay = 86_400_000;
    const int Days = 7;

    /// <summary>The scores of legitimate payments of each day before, ascending.</summary>
    readonly Queue<(long Day, double[] Champion, double[] Challenger)> _before = new();

    readonly List<double> _championToday = [], _challengerToday = [];
    readonly List<GatePayment> _fraudsToday = [];
    long _day = long.MinValue;

    /// <summary>Takes a payment; where it begins a day, gives the frauds of the day before with both ranks, 0..1, 0 being the highest.</summary>
    public (GatePayment Fraud, double Champion, double Challenger)[] Add(GatePayment payment)
    {
        var day = (long)Math.Floor((double)payment.Time / MillisecondsInDay);
        var settled = day == _day ? [] : End(day);
        if (payment.IsFraud)
        {
            _fraudsToday.Add(payment);
        }
        else
        {
            _championToday.Add(payment.Champion);
            _challengerToday.Add(payment.Challenger);
        }

        return settled;
    }

    (GatePayment, double, double)[] End(long day)
    {
        var settled = _before.Count == 0
            ? []
            : _fraudsToday.Select(fraud => (fraud, RankOf(fraud.Champion, before => before.Champion), RankOf(fraud.Challenger, before => before.Challenger))).ToArray();
        if (_championToday.Count > 0)
            _before.Enqueue((_day, [.. _championToday.Order()], [.. _challengerToday.Order()]));
        while (_before.Count > 1 && _before.Peek().Day < day - Days)
            _before.Dequeue();
        _championToday.Clear();
        _challengerToday.Clear();
        _fraudsToday.Clear();
        _day = day;
        return settled;
    }

    double RankOf(double score, Func<(long Day, double[] Champion, double[] Challenger), double[]> scoresOf)
    {
        var (atLeast, all) = (0, 0);
        foreach (var before in _before)
        {
            var ascending = scoresOf(before);
            var (low, high) = (0, ascending.Length);
            while (low < high)
            {
                var middle = (low + high) >>> 1;
                (low, high) = ascending[middle] < score ? (middle + 1, high) : (low, middle);
            }

            (atLeast, all) = (atLeast + ascending.Length - low, all + ascending.Length);
        }

        return (atLeast + 1.0) / (all + 1);
    }
}
