using FraudStreams.Model.Evaluation;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Evaluation;

/// <summary>
/// Expected values are from scikit-learn 1.2.1 on the same rows: average_precision_score, roc_auc_score, roc_curve, brier_score_loss, ….
/// </summary>
public sealed class RankingTests
{
    internal static readonly double[] Scores = [0.1, 0.4, 0.35, 0.8, 0.8, 0.2, 0.9, 0.35, 0.05, 0.6, 0.8, 0.2, 0.35, 0.7, 0.15, 0.95];
    internal static readonly byte[] Labels = [0, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 0];

    [Fact]
    public void Average_precision_with_ties_matches_scikit_learn() =>
        Ranking.AveragePrecision(Scores, Labels).ShouldBe(0.5603896103896103, 1e-15);

    [Fact]
    public void Roc_auc_with_ties_matches_scikit_learn() => Ranking.RocAuc(Scores, Labels).ShouldBe(0.7333333333333334, 1e-15);

    [Fact]
    public void A_constant_score_gets_the_fraud_share_and_one_half()
    {
        var same = new double[16];

        Ranking.AveragePrecision(same, Labels).ShouldBe(6 / 16.0);
        Ranking.RocAuc(same, Labels).ShouldBe(0.5);
    }

    [Fact]
    public void A_perfect_order_gets_one()
    {
        Ranking.AveragePrecision([0.1, 0.9, 0.2], [0, 1, 0]).ShouldBe(1);
        Ranking.RocAuc([0.1, 0.9, 0.2], [0, 1, 0]).ShouldBe(1);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.1, 0.16666666666666666)]
    [InlineData(0.2, 0.5)]
    [InlineData(0.4, 0.6666666666666666)]
    [InlineData(1, 1)]
    public void Recall_at_a_false_positive_rate_is_a_point_of_the_roc_curve(double rate, double recall) =>
        OperatingPoints.Of(Scores, Labels).RecallAtFalsePositiveRate(rate).ShouldBe(recall, 1e-15);

    [Fact]
    public void Rows_that_cannot_be_measured_are_refused_with_the_reason()
    {
        Message(() => Ranking.AveragePrecision([0.5], [0, 1])).ShouldContain("1 scores and 2 labels");
        Message(() => Ranking.AveragePrecision([], [])).ShouldContain("no rows");
        Message(() => Ranking.AveragePrecision([0.5, double.NaN], [0, 1])).ShouldContain("score of row 1 is NaN");
        Message(() => Ranking.AveragePrecision([0.5], [2])).ShouldContain("label of row 0 is 2");
        Message(() => Ranking.AveragePrecision([0.5], [0])).ShouldContain("needs rows labelled 1");
        Message(() => Ranking.RocAuc([0.5], [1])).ShouldContain("needs rows labelled 0");

        static string Message(Func<double> act) => Should.Throw<ArgumentException>(() => act()).Message;
    }
}
