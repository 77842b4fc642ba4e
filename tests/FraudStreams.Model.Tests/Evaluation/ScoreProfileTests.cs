using FraudStreams.Model.Evaluation;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Evaluation;

public sealed class ScoreProfileTests
{
    const long Day = 86_400_000;

    [Fact]
    public void Cut_offs_keep_to_the_alerts_a_day()
    {
        // Ten days of 100 payments; each day's highest score is a fraud, the next two are not.
        var (scores, labels, times) = Days(10, 100);

        var profile = ScoreProfile.Of(scores, labels, times, 0.5);

        // From the first to the last payment it is nine days: nine alerts are fewer than have the highest score.
        profile.CutOffs.Select(cut => cut.AlertsADay).ShouldBe([2, 5, 10, 20, 50, 100]);
        profile.CutOffs[0].Point.ShouldBe(new OperatingPoint(0.99, 10, 0));
        profile.CutOffs[0].Recall.ShouldBe(1);
        profile.CutOffs[1].Point.Alerts.ShouldBe(40);
        profile.CutOffs[1].Point.Precision.ShouldBe(0.25);
        profile.Legitimate.Sum().ShouldBe(990);
        profile.Frauds[^1].ShouldBe(10);
        profile.Curve[^1].ShouldBe(new CurvePoint(1, 1));
    }

    [Fact]
    public void Periods_have_the_metrics_of_their_days()
    {
        var (scores, labels, times) = Days(10, 100);

        var profile = ScoreProfile.Of(scores, labels, times, 0.985);

        profile.DaysInPeriod.ShouldBe(1);
        profile.Periods.Length.ShouldBe(10);
        profile.Periods.Sum(period => period.Payments).ShouldBe(1_000);
        profile.Periods.ShouldAllBe(period => period.Frauds == 1 && period.Alerts == 1 && period.AveragePrecision == 1 && period.Precision == 1 && period.Recall == 1);
        profile.Periods[3].From.ShouldBe(3 * Day);
    }

    [Fact]
    public void Long_spans_have_longer_periods_without_empty_ones()
    {
        double[] scores = [0.9, 0.1, 0.8];
        byte[] labels = [1, 0, 0];

        var profile = ScoreProfile.Of(scores, labels, [0, Day, 200 * Day], 0.5);

        profile.DaysInPeriod.ShouldBe(7);
        profile.Periods.Select(period => period.From / Day).ShouldBe([0, 196]);
        profile.Periods[1].AveragePrecision.ShouldBe(double.NaN);
        profile.Periods[1].Precision.ShouldBe(0);
    }

    [Fact]
    public void Without_fraud_there_is_no_curve()
    {
        var profile = ScoreProfile.Of([0.1, 0.2], [0, 0], [0, 1], 0.5);

        profile.Curve.ShouldBeEmpty();
        profile.CutOffs.ShouldAllBe(cut => double.IsNaN(cut.Recall));
    }

    /// <summary>The bounds of R's prop.test without correction: 3 of 10.</summary>
    [Fact]
    public void Wilsons_interval_is_that_of_the_literature()
    {
        var (lower, upper) = WilsonInterval.Of(3, 10);

        lower.ShouldBe(0.1077913, 1e-6);
        upper.ShouldBe(0.6032219, 1e-6);
        WilsonInterval.Of(0, 10).Lower.ShouldBe(0);
        WilsonInterval.Of(10, 10).Upper.ShouldBe(1);
    }

    static (double[] Scores, byte[] Labels, long[] Times) Days(int days, int payments)
    {
        var rows = Enumerable.Range(0, days * payments).ToArray();
        return (
            [.. rows.Select(row => 0.99 - (row % payments * 0.009))], [.. rows.Select(row => (byte)(row % payments == 0 ? 1 : 0))],
            [.. rows.Select(row => (row / payments * Day) + (row % payments * 1_000L))]);
    }
}
