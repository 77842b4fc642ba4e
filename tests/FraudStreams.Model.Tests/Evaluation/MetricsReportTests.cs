using FraudStreams.Model.Evaluation;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Evaluation;

public sealed class MetricsReportTests
{
    static readonly double[] s_scores = RankingTests.Scores;
    static readonly byte[] s_labels = RankingTests.Labels;

    /// <summary>scikit-learn 1.2.1: confusion_matrix, precision_score, recall_score, f1_score of score ≥ 0.5.</summary>
    [Fact]
    public void Counts_and_ratios_at_a_threshold_match_scikit_learn()
    {
        var matrix = ConfusionMatrix.At(0.5, s_scores, s_labels);

        matrix.ShouldBe(new ConfusionMatrix(TruePositives: 4, FalsePositives: 3, TrueNegatives: 7, FalseNegatives: 2));
        matrix.Precision.ShouldBe(0.5714285714285714, 1e-15);
        matrix.Recall.ShouldBe(0.6666666666666666, 1e-15);
        matrix.F1.ShouldBe(0.6153846153846153, 1e-15);
        matrix.FalsePositiveRate.ShouldBe(0.3, 1e-15);
    }

    [Fact]
    public void A_score_equal_to_the_threshold_is_predicted_fraud()
    {
        ConfusionMatrix.At(0.8, [0.8], [1]).TruePositives.ShouldBe(1);
        ConfusionMatrix.At(Math.BitIncrement(0.8), [0.8], [1]).FalseNegatives.ShouldBe(1);
    }

    [Fact]
    public void Ratios_of_nothing_are_zero()
    {
        var matrix = ConfusionMatrix.At(2, [0.5], [0]);

        (matrix.Precision, matrix.Recall, matrix.F1, matrix.FalsePositiveRate).ShouldBe((0, 0, 0, 0));
    }

    [Fact]
    public void Brier_score_matches_scikit_learn() => Calibration.Of(s_scores, s_labels).BrierScore.ShouldBe(0.22031250000000002, 1e-15);

    [Fact]
    public void Calibration_bins_hold_their_rows_and_weigh_the_error_by_them()
    {
        var calibration = Calibration.Of([0, 0.2, 0.5, 0.7, 1], [0, 1, 1, 1, 1], bins: 2);

        calibration.Bins.Select(b => b.Rows).ShouldBe([2, 3]);
        calibration.Bins[0].MeanScore.ShouldBe(0.1, 1e-15);
        calibration.Bins[0].FraudShare.ShouldBe(0.5);
        calibration.Bins[1].FraudShare.ShouldBe(1);
        calibration.ExpectedCalibrationError.ShouldBe(0.4 * 0.4 + 0.6 * (1 - 2.2 / 3), 1e-12);
        Should.Throw<ArgumentException>(() => Calibration.Of([1.5], [1])).Message.ShouldContain("score of row 0 is 1.5");
    }

    [Fact]
    public void A_report_has_all_metrics()
    {
        var report = MetricsReport.Of(s_scores, s_labels, 0.5);

        report.Rows.ShouldBe(16);
        report.Frauds.ShouldBe(6);
        report.AveragePrecision.ShouldBe(0.5603896103896103, 1e-15);
        report.RocAuc.ShouldBe(0.7333333333333334, 1e-15);
        report.AtThreshold.TruePositives.ShouldBe(4);
        report.RecallAtLowFalsePositiveRate.ShouldBe(0);
    }

    [Fact]
    public void A_report_without_fraud_has_nan_for_undefined_metrics()
    {
        var report = MetricsReport.Of([0.1, 0.2], [0, 0], 0.5);

        report.AveragePrecision.ShouldBe(double.NaN);
        report.RocAuc.ShouldBe(double.NaN);
        report.AtThreshold.TrueNegatives.ShouldBe(2);
    }
}
