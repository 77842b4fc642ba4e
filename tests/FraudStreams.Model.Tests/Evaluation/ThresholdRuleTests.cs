using FraudStreams.Model.Evaluation;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Evaluation;

public sealed class ThresholdRuleTests
{
    const long Day = 86_400_000;
    static readonly double[] s_scores = [0.9, 0.8, 0.8, 0.7, 0.6, 0.1];
    static readonly byte[] s_labels = [1, 0, 1, 0, 1, 0];
    static readonly long[] s_times = [0, Day, 2 * Day, 0, Day, 2 * Day];

    [Theory]
    [InlineData(0.5, 0.9)] // 1 alert in two days; the next threshold gives 3
    [InlineData(1.5, 0.8)]
    [InlineData(2, 0.7)]
    [InlineData(100, 0.1)]
    public void Alerts_a_day_takes_the_lowest_threshold_within_the_number(double alerts, double threshold) =>
        new ThresholdRule.AlertsADay(alerts).Choose(s_scores, s_labels, s_times).ShouldBe(threshold);

    [Theory]
    [InlineData(1, 0.9)]
    [InlineData(0.66, 0.8)]
    [InlineData(0.6, 0.6)]
    [InlineData(0.5, 0.1)]
    public void Precision_takes_the_lowest_threshold_that_keeps_it(double share, double threshold) =>
        new ThresholdRule.Precision(share).Choose(s_scores, s_labels).ShouldBe(threshold);

    [Theory]
    [InlineData(1, 100, 0.6)]
    [InlineData(1, 1.5, 0.9)]
    public void Cost_takes_the_cheapest_threshold(double ofAlert, double ofMissed, double threshold) =>
        new ThresholdRule.Cost(ofAlert, ofMissed).Choose(s_scores, s_labels).ShouldBe(threshold);

    [Fact]
    public void Nothing_is_an_alert_when_no_threshold_satisfies_the_rule()
    {
        var none = Math.BitIncrement(0.9);

        new ThresholdRule.AlertsADay(0.1).Choose(s_scores, s_labels, s_times).ShouldBe(none);
        new ThresholdRule.Precision(0.5).Choose([0.9, 0.1], [0, 0]).ShouldBe(none);
        new ThresholdRule.Cost(10, 1).Choose(s_scores, s_labels).ShouldBe(none);
    }

    [Fact]
    public void A_rule_out_of_range_is_refused()
    {
        Message(new ThresholdRule.AlertsADay(0)).ShouldContain("alerts a day is 0");
        Message(new ThresholdRule.AlertsADay(1), withTimes: false).ShouldContain("time of each of 6 rows");
        Message(new ThresholdRule.Precision(1.1)).ShouldContain("precision is 1.1");
        Message(new ThresholdRule.Cost(1, -1)).ShouldContain("cost of a missed fraud is -1");

        static string Message(ThresholdRule rule, bool withTimes = true) =>
            Should.Throw<ArgumentException>(() => rule.Choose(s_scores, s_labels, withTimes ? s_times : [])).Message;
    }
}
