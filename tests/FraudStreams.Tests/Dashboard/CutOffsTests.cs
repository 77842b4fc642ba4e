using FraudStreams.Dashboard.Models;
using FraudStreams.Storage;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Dashboard;

[Trait("Category", "Unit")]
public sealed class CutOffsTests
{
    [Fact]
    public void Each_place_counts_alerts_a_day_precision_recall_and_money()
    {
        ScoredPayment[] payments =
        [
            Payment(0.9, 100, day: 0, confirmed: true), Payment(0.6, 50, day: 1, confirmed: false), Payment(0.4, 30, day: 1, source: true), Payment(0.1, 5, day: 2, source: false), Payment(0.95, 7, day: 2),
        ];

        var cuts = CutOffs.Of(payments).ShouldNotBeNull();

        (cuts.Payments, cuts.Frauds, cuts.Confirmed, cuts.Days).ShouldBe((4, 2, 2, 2));
        var half = cuts.At(0.5);
        (half.AlertsPerDay, half.Precision, half.Recall, half.Caught, half.Missed).ShouldBe((1, 0.5, 0.5, 100, 30));
        var low = cuts.At(0.3);
        (low.AlertsPerDay, low.Precision, low.Recall, low.Missed).ShouldBe((1.5, 2.0 / 3, 1, 0));
        cuts.At(0.95).Precision.ShouldBeNull();
    }

    [Fact]
    public void Without_a_known_fraud_there_is_nothing_to_show()
    {
        CutOffs.Of([]).ShouldBeNull();
        CutOffs.Of([Payment(0.9, 1, 0)]).ShouldBeNull();
        CutOffs.Of([Payment(0.9, 1, 0, confirmed: false)]).ShouldBeNull();
    }

    static ScoredPayment Payment(double score, double amount, int day, bool? confirmed = null, bool? source = null) =>
        new(day * 86_400_000L, score, amount, confirmed ?? source, confirmed is not null);
}
