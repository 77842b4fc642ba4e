using System.Collections.Immutable;
using System.Globalization;

namespace FraudStreams.Model.Evaluation.Promotion;

/// <summary>
/// Judges a challenger against the champion on payments that both scored live. It passes if it ranks better, with a bound (<see cref="PairedBootstrap"/>), does so
/// for most cards, by a rule that holds for any number of looks (<see cref="BettingEvidence"/>), and makes nothing else worse. The evidence is asked for in
/// every case: so looking often does not raise the chance that a challenger that is no better passes.
/// </summary>
public static class PromotionGate
{
    /// <summary>Sum of the normal quantiles of 95% and 80%: what a one-sided test needs, in standard errors, to find a difference four times out of five.</summary>
    const double VisibleErrors = 1.645 + 0.842;

    /// <summary>With fewer frauds a standard error is no more than a guess.</summary>
    const int MinFraudsForBounds = 10;

    /// <summary>Least frauds of a segment that is judged.</summary>
    const int MinSegmentFrauds = 20;

    const double MillisecondsInDay = 86_400_000;

    const ulong Seed = 20_260_101;

    /// <summary>Judges the challenger.</summary>
    /// <param name="champion">The champion's version.</param>
    /// <param name="challenger">The challenger's version.</param>
    /// <param name="payments">What both scored, in any order.</param>
    /// <param name="trainedTo">Event time of the challenger's last training payment, Unix milliseconds: only later ones count.</param>
    /// <param name="now">The stream's event time: only payments that are older by <see cref="GateRules.LabelDelayDays"/> count.</param>
    /// <param name="scoringP99">The challenger's p99 of scoring a batch, if it was measured.</param>
    /// <exception cref="ArgumentException">A score is NaN.</exception>
    public static GateReport Judge(
        string champion, string challenger, ReadOnlySpan<GatePayment> payments, long trainedTo, long now, GateRules rules, TimeSpan? scoringP99 = null)
    {
        var counted = new List<GatePayment>(payments.Length);
        var (ofTraining, immature, matureTo) = (0L, 0L, now - (long)(rules.LabelDelayDays * MillisecondsInDay));
        foreach (var payment in payments)
        {
            if (double.IsNaN(payment.Champion) || double.IsNaN(payment.Challenger))
                throw new ArgumentException($"A score of the payment at {payment.Time} is NaN.", nameof(payments));
            if (payment.Time <= trainedTo) ofTraining++;
            else if (payment.Time > matureTo) immature++;
            else counted.Add(payment);
        }

        // The order of equal times is that of the input, so that a later look continues the former one.
        var inOrder = counted.OrderBy(payment => payment.Time).ToArray();
        var evidence = new BettingEvidence();
        foreach (var payment in inOrder)
            evidence.Add(payment);
        var report = new GateReport(
            champion, challenger, GateState.NotYet, [], false, TimeOf(trainedTo), inOrder.Length == 0 ? null : TimeOf(inOrder[0].Time),
            inOrder.Length == 0 ? null : TimeOf(inOrder[^1].Time), inOrder.Length, inOrder.LongCount(payment => payment.IsFraud),
            inOrder.Select(payment => payment.Card).Distinct().LongCount(), ofTraining, immature, null, null,
            new GateEvidence(evidence.Wins, evidence.Losses, evidence.Value, 1 / GateRules.Level), null, [], rules);
        return Decide(report.Frauds < MinFraudsForBounds || report.Frauds == report.Payments ? report : Measured(report, inOrder, scoringP99));
    }

    static GateReport Measured(GateReport report, GatePayment[] payments, TimeSpan? scoringP99)
    {
        var bands = AmountBands.Of(payments);
        var bootstrap = new PairedBootstrap(payments, bands);
        var measured = bootstrap.Measured();
        var drawn = bootstrap.Drawn(Seed).ToArray();
        var segments = measured.Segments.Select((segment, band) => new GateSegment(
            bands.NameOf(band), segment.Frauds, segment.Champion, segment.Challenger,
            Quantile(drawn.Select(draw => draw.Segments[band].Challenger - draw.Segments[band].Champion), 1 - GateRules.Level), false)).ToArray();
        var worst = segments.Where(segment => segment.Frauds >= MinSegmentFrauds).MinBy(segment => segment.Difference);
        return report with
        {
            AveragePrecision = Difference(measured.ChampionPrecision, measured.ChallengerPrecision, drawn.Select(draw => draw.PrecisionDifference)),
            RecallAtSameAlerts = Difference(measured.ChampionRecall, measured.ChallengerRecall, drawn.Select(draw => draw.RecallDifference)),
            Guards = GuardsOf(payments, report.Days, scoringP99),
            Segments = [.. segments.Select(segment => segment with { IsWorst = ReferenceEquals(segment, worst) })],
            ChampionCurve = Curve(payments, payment => payment.Champion),
            ChallengerCurve = Curve(payments, payment => payment.Challenger),
        };
    }

    static GateDifference Difference(double champion, double challenger, IEnumerable<double> drawn)
    {
        var sorted = drawn.Order().ToArray();
        var mean = sorted.Average();
        var error = Math.Sqrt(sorted.Sum(value => (value - mean) * (value - mean)) / (sorted.Length - 1));
        return new GateDifference(
            champion, challenger, challenger - champion, Quantile(sorted, GateRules.Level), Quantile(sorted, 1 - GateRules.Level), VisibleErrors * error);
    }

    static double Quantile(IEnumerable<double> values, double share) => Quantile(values.Order().ToArray(), share);

    static double Quantile(double[] sorted, double share) => sorted[(int)Math.Round(share * (sorted.Length - 1))];

    static GateGuards GuardsOf(GatePayment[] payments, double days, TimeSpan? scoringP99)
    {
        var labels = Array.ConvertAll(payments, payment => payment.IsFraud ? (byte)1 : (byte)0);
        var (champion, challenger) = (payments.LongCount(payment => payment.ChampionAlerts), payments.LongCount(payment => payment.ChallengerAlerts));
        var atLeastADay = Math.Max(1, days);
        return new GateGuards(
            champion / atLeastADay, challenger / atLeastADay, Share(payments.LongCount(payment => payment is { ChampionAlerts: true, IsFraud: true }), champion),
            Share(payments.LongCount(payment => payment is { ChallengerAlerts: true, IsFraud: true }), challenger),
            ErrorOf(payments, labels, payment => payment.Champion), ErrorOf(payments, labels, payment => payment.Challenger), scoringP99?.TotalMilliseconds);
    }

    static double ErrorOf(GatePayment[] payments, byte[] labels, Converter<GatePayment, double> score) =>
        Calibration.Of(Array.ConvertAll(payments, payment => Math.Clamp(score(payment), 0, 1)), labels).ExpectedCalibrationError;

    static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;

    static ImmutableArray<CurvePoint> Curve(GatePayment[] payments, Converter<GatePayment, double> score) =>
        OperatingPoints.Of(Array.ConvertAll(payments, score), Array.ConvertAll(payments, payment => payment.IsFraud ? (byte)1 : (byte)0)).PrecisionRecall();

    static GateReport Decide(GateReport report)
    {
        var rules = report.Rules;
        var (missing, against) = (new List<string>(), new List<string>());
        if (report.Frauds < rules.MinFrauds)
            missing.Add($"{report.Frauds:N0} frauds among the payments that count, of {rules.MinFrauds:N0} that are needed");
        if (report.Days < rules.MinDays)
            missing.Add(Text($"{report.Days:0.0} days of payments that count, of {rules.MinDays:0.#} that are needed"));
        if (report.AveragePrecision is not { } precision || report.RecallAtSameAlerts is not { } recall || missing.Count > 0)
            return NotYet(report, missing);

        Compare("average precision", precision, rules.Margin, against);
        Compare("recall at the same number of alerts", recall, rules.Margin, against);
        Guard(report, against);
        if (report.Evidence.EValue < report.Evidence.Needed)
        {
            missing.Add(Text($"the challenger ranks the frauds of {report.Evidence.ChallengerHigher} cards higher, and the champion those of {report.Evidence.ChampionHigher}: an e-value of {report.Evidence.EValue:0.##}, of {report.Evidence.Needed:0} that are needed"));
        }

        var isOver = report.Days >= rules.MaxDays;
        if (isOver && (missing.Count > 0 || against.Count > 0))
            against.Add(Text($"it has not passed on {report.Days:0} days of payments, and {rules.MaxDays:0.#} is the most that it is given"));
        if (against.Count > 0)
            return report with { State = GateState.Refused, Reasons = [.. against, .. missing], IsLost = isOver || precision.Upper < 0 || recall.Upper < -rules.Margin };
        return missing.Count > 0 ? NotYet(report, missing) : report with { State = GateState.Passed };
    }

    static GateReport NotYet(GateReport report, List<string> missing)
    {
        if (report.Payments == 0)
            missing.Insert(0, $"no payment counts: {report.LeftOutOfTraining:N0} are not later than the challenger's training data (up to {report.TrainedTo.UtcDateTime:yyyy-MM-dd HH:mm} UTC), {report.LeftOutImmature:N0} are not older than {report.Rules.LabelDelayDays:0.#} days");
        else if (report.AveragePrecision is { } precision)
            missing.Add(Text($"on so many payments a difference in average precision of {precision.SmallestVisible:0.000} or more could be seen"));
        return report with { State = GateState.NotYet, Reasons = [.. missing] };
    }

    static void Compare(string measure, GateDifference difference, double margin, List<string> against)
    {
        if (difference.Difference <= 0)
            against.Add(Text($"{measure} is {difference.Challenger:0.000}, and the champion's {difference.Champion:0.000}"));
        else if (difference.Lower <= -margin)
            against.Add(Text($"{measure} may be lower than the champion's by more than the margin of {margin:0.###}: the difference is {difference.Difference:+0.000}, its lower bound {difference.Lower:+0.000;-0.000}"));
    }

    static void Guard(GateReport report, List<string> against)
    {
        var (rules, guards) = (report.Rules, report.Guards!);
        if (guards.ChallengerAlertsADay > Math.Max(1, guards.ChampionAlertsADay) * rules.MaxAlerts)
            against.Add(Text($"it would give {guards.ChallengerAlertsADay:0.0} alerts a day, more than {rules.MaxAlerts:0.##} times the champion's {guards.ChampionAlertsADay:0.0}"));
        if (guards.ChallengerCalibrationError > guards.ChampionCalibrationError + rules.MaxCalibrationLoss)
            against.Add(Text($"its calibration error is {guards.ChallengerCalibrationError:0.0000}, and the champion's {guards.ChampionCalibrationError:0.0000}"));
        if (guards.ScoringP99Milliseconds > rules.MaxScoringMilliseconds)
            against.Add(Text($"p99 of scoring a batch is {guards.ScoringP99Milliseconds:0.0} ms, and may be {rules.MaxScoringMilliseconds:0}"));
        if (report.Segments.FirstOrDefault(segment => segment.IsWorst) is { } worst && worst.Difference < -rules.MaxSegmentLoss && worst.Upper < 0)
            against.Add(Text($"of the {worst.Frauds:N0} frauds of {worst.Name} it finds {worst.ChallengerRecall:0.0%}, and the champion {worst.ChampionRecall:0.0%}"));
    }

    static DateTimeOffset TimeOf(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
