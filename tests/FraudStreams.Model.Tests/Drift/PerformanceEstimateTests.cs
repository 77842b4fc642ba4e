using FraudStreams.Model.Drift;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Drift;

public sealed class PerformanceEstimateTests
{
    static readonly DriftReference s_reference = Watched.Reference();

    [Fact]
    public void Of_the_reference_itself_it_is_what_its_labels_say()
    {
        var scores = s_reference.Score.CountsOf(Enumerable.Range(0, DriftColumn.Hours));
        var truth = PerformanceEstimate.OfReference(s_reference, Watched.Threshold);

        var estimate = PerformanceEstimate.Of(s_reference, scores, Watched.Threshold);

        estimate.Precision!.Value.ShouldBe(truth.Precision!.Value, 0.02);
        estimate.Recall!.Value.ShouldBe(truth.Recall!.Value, 0.02);
    }

    [Fact]
    public void The_interval_has_the_truth_on_most_days_though_more_of_the_payments_are_frauds()
    {
        // Twice as many payments look suspicious: covariate shift.
        var random = new Random(3);
        var report = DriftJudge.Judge(
            s_reference, Watched.Count(s_reference, 21, 61, 800, seed: 5, payment => payment.IsFraud || random.NextDouble() < 0.5 ? payment : payment with { Score = payment.Score * 0.9 }), Watched.Threshold,
            new DriftRules());

        var inside = report.Windows.Count(window => Math.Abs(window.Estimate.Recall!.Value - window.Truth!.Value.Recall!.Value) <= window.Estimate.RecallError);
        (inside / (double)report.Windows.Length).ShouldBeGreaterThan(0.85);
        report.Windows.Average(window => window.Estimate.RecallError).ShouldBeLessThan(0.35);
    }

    [Fact]
    public void Without_alerts_there_is_no_precision()
    {
        var scores = new long[s_reference.Score.Bins];
        scores[1] = 100;

        var estimate = PerformanceEstimate.Of(s_reference, scores, Watched.Threshold);

        estimate.Precision.ShouldBeNull();
        new PredictedFrauds(0, 0, 0).Recall.ShouldBeNull();
        new PredictedFrauds(3, 1, 1).ShouldBe(new PredictedFrauds(2, 1, 1).With(true, true));
    }
}
