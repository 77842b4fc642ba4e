using System.Collections.Immutable;
using FraudStreams.Dashboard.Payments;
using FraudStreams.Model.Evaluation;
using FraudStreams.Storage;

namespace FraudStreams.Dashboard.Models;

/// <summary>What each cut-off would have done to the latest stored payments of which the truth is known.</summary>
/// <param name="Points">By ascending cut-off.</param>
/// <param name="Days">The event time that the payments span.</param>
/// <param name="Confirmed">How many have a confirmed label; the others' is what their source said.</param>
public sealed record CutOffs(ImmutableArray<CutOff> Points, long Payments, long Frauds, double Days, long Confirmed)
{
    /// <summary>The latest payments tell about the model in service; more would take longer to read.</summary>
    const int MostPayments = 20_000;

    const int Places = 200;

    /// <summary>Null where no stored payment's truth is known, or none is a fraud.</summary>
    /// <exception cref="StoreException">The store cannot be read now.</exception>
    public static async Task<CutOffs?> ReadAsync(PaymentLookup lookup, CancellationToken cancellationToken = default) =>
        Of(await lookup.LatestScoredAsync(MostPayments, cancellationToken));

    internal static CutOffs? Of(IReadOnlyList<ScoredPayment> payments)
    {
        var known = payments.Where(payment => payment.Truth is not null).OrderByDescending(payment => payment.Score).ToArray();
        if (!known.Any(payment => payment.Truth == true))
            return null;
        var points = OperatingPoints.Of(Array.ConvertAll(known, payment => payment.Score), Array.ConvertAll(known, payment => (byte)(payment.Truth == true ? 1 : 0)));
        var times = known.Select(payment => payment.Time).ToArray();
        var days = Math.Max(TimeSpan.FromMilliseconds(times.Max() - times.Min()).TotalDays, 1 / 24.0);
        var money = known.Sum(AmountAtStake);
        var places = new CutOff[Places - 1];
        var (next, caught) = (0, 0.0);
        for (var place = Places - 1; place > 0; place--)
        {
            // Points are by descending threshold: the last at or above the cut-off has all alerts from it on.
            var cut = (double)place / Places;
            for (; next < known.Length && known[next].Score >= cut; next++)
                caught += AmountAtStake(known[next]);
            var at = LastAtOrAbove(points.Points, cut);
            var (hits, alarms) = at < 0 ? (0, 0) : (points.Points[at].TruePositives, points.Points[at].FalsePositives);
            places[place - 1] = new CutOff(cut, (hits + alarms) / days, hits + alarms == 0 ? null : (double)hits / (hits + alarms), (double)hits / points.Positives, caught, money - caught);
        }

        return new CutOffs([.. places], known.Length, points.Positives, days, known.LongCount(payment => payment.IsConfirmed));

        static double AmountAtStake(ScoredPayment payment) => payment.Truth == true ? payment.Amount : 0;
    }

    public CutOff At(double cut) => Points.MinBy(point => Math.Abs(point.Cut - cut))!;

    static int LastAtOrAbove(ImmutableArray<OperatingPoint> points, double cut)
    {
        var (low, high) = (0, points.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (points[middle].Threshold >= cut)
                low = middle + 1;
            else
                high = middle;
        }

        return low - 1;
    }
}

/// <param name="Cut">A payment is predicted a fraud from this score on.</param>
/// <param name="AlertsPerDay">Of event time.</param>
/// <param name="Precision">Null where there would be no alert.</param>
/// <param name="Caught">Amount of the frauds that would be alerts, as <paramref name="Missed"/> of the others.</param>
public sealed record CutOff(double Cut, double AlertsPerDay, double? Precision, double Recall, double Caught, double Missed);
