using FraudStreams.Dashboard.Models;
using FraudStreams.Dashboard.Payments;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Dashboard;

[Trait("Category", "Unit")]
public sealed class CutOffsTests
{
    static readonly TransactionSchema s_schema = TrainedModel.Schema;

    [Fact]
    public void Each_place_counts_alerts_a_day_precision_recall_and_money()
    {
        StoredPayment[] payments =
        [
            Payment(0.9, 100, day: 0, confirmed: true), Payment(0.6, 50, day: 1, confirmed: false), Payment(0.4, 30, day: 1, source: 1), Payment(0.1, 5, day: 2, source: 0), Payment(0.95, 7, day: 2),
        ];

        var cuts = CutOffs.Of(payments, s_schema, new PaymentMask(s_schema)).ShouldNotBeNull();

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
        CutOffs.Of([], s_schema, new PaymentMask(s_schema)).ShouldBeNull();
        CutOffs.Of([Payment(0.9, 1, 0)], s_schema, new PaymentMask(s_schema)).ShouldBeNull();
        CutOffs.Of([Payment(0.9, 1, 0, confirmed: false)], s_schema, new PaymentMask(s_schema)).ShouldBeNull();
    }

    static StoredPayment Payment(double score, double amount, int day, bool? confirmed = null, long? source = null)
    {
        var fields = new object?[s_schema.Fields.Length];
        (fields[s_schema.TimeField], fields[s_schema.AmountField], fields[s_schema.LabelField]) = (day * 86_400_000L, amount, source);
        return new StoredPayment(fields, score, score >= 0.5, "cards-1", 0, null, confirmed, null, null);
    }
}
