using System.Text.Json;
using FraudStreams.Model.Evaluation;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Calibrators;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Models.Calibrators;

public sealed class ScoreCalibratorTests
{
    static readonly (double[] Scores, byte[] Labels) s_rows = Made(20_000, seed: 1);

    [Theory]
    [InlineData(CalibrationMethod.Platt)]
    [InlineData(CalibrationMethod.Isotonic)]
    public void A_calibration_makes_probabilities_of_other_rows(CalibrationMethod method)
    {
        var calibrator = ScoreCalibrator.Fit(method, s_rows.Scores, s_rows.Labels).ShouldNotBeNull();
        var (scores, labels) = Made(20_000, seed: 2);
        double[] calibrated = [.. scores.Select(calibrator.Apply)];

        // The scores' log-odds are twice the true ones, and 1 too high.
        Calibration.Of(scores, labels).ExpectedCalibrationError.ShouldBeGreaterThan(0.1);
        Calibration.Of(calibrated, labels).ExpectedCalibrationError.ShouldBeLessThan(0.02);
        Calibration.Of(calibrated, labels).BrierScore.ShouldBeLessThan(Calibration.Of(scores, labels).BrierScore);
        Ranking.AveragePrecision(calibrated, labels).ShouldBe(Ranking.AveragePrecision(scores, labels));
    }

    [Fact]
    public void Platt_finds_slope_and_intercept()
    {
        var platt = ScoreCalibrator.Fit(CalibrationMethod.Platt, s_rows.Scores, s_rows.Labels).ShouldBeOfType<PlattCalibrator>();

        platt.Slope.ShouldBe(0.5, 0.03);
        platt.Intercept.ShouldBe(-0.5, 0.06);
    }

    [Theory]
    [InlineData(CalibrationMethod.Platt)]
    [InlineData(CalibrationMethod.Isotonic)]
    public void Higher_scores_have_higher_probabilities(CalibrationMethod method)
    {
        var calibrator = ScoreCalibrator.Fit(method, s_rows.Scores, s_rows.Labels).ShouldNotBeNull();
        double[] scores = [0, 1e-12, .. s_rows.Scores.Order().Distinct(), 1 - 1e-12, 1];

        var probabilities = scores.Select(calibrator.Apply).ToArray();

        for (var i = 1; i < scores.Length; i++)
            probabilities[i].ShouldBeGreaterThan(probabilities[i - 1], $"at a score of {scores[i]:R}");
        probabilities.ShouldAllBe(probability => probability >= 0 && probability <= 1);
    }

    [Fact]
    public void Isotonic_pools_what_does_not_increase()
    {
        // 0.2 has more fraud than 0.3 and 0.4: the three become one step, of a share of 1 in 3.
        var isotonic = ScoreCalibrator.Fit(CalibrationMethod.Isotonic, [0.1, 0.2, 0.3, 0.4, 0.9], [0, 1, 0, 0, 1]).ShouldBeOfType<IsotonicCalibrator>();

        isotonic.Points.ShouldBe(5);
        isotonic.Apply(0.3).ShouldBe((1 + 0.4) / 4, 1e-12);
        isotonic.Apply(0.1).ShouldBe(0.4 / 2, 1e-12);
        isotonic.Apply(0.2).ShouldBe((0.2 + 0.35) / 2, 1e-12);
        isotonic.Apply(0).ShouldBe(0);
        isotonic.Apply(1).ShouldBe(1);
    }

    [Theory]
    [InlineData(CalibrationMethod.Platt)]
    [InlineData(CalibrationMethod.Isotonic)]
    public void A_stored_calibration_gives_the_same_bits(CalibrationMethod method)
    {
        var calibrator = ScoreCalibrator.Fit(method, s_rows.Scores, s_rows.Labels).ShouldNotBeNull();

        using var json = JsonDocument.Parse(calibrator.ToJson().ToJsonString());
        var loaded = ScoreCalibrator.FromJson(json.RootElement);

        loaded.Method.ShouldBe(method);
        s_rows.Scores.Select(loaded.Apply).ShouldBe(s_rows.Scores.Select(calibrator.Apply));
    }

    [Theory]
    [InlineData("""{"method":"beta"}""", "its calibration is beta")]
    [InlineData("""{"method":"platt","slope":-1,"intercept":0}""", "the slope is above 0")]
    [InlineData("""{"method":"isotonic","scores":[0,0.5,0.5,1],"probabilities":[0,0.1,0.2,1]}""", "does not increase at point 2")]
    [InlineData("""{"method":"isotonic","scores":[0,1],"probabilities":[0,0.5]}""", "no points from 0, 0 to 1, 1")]
    public void An_inconsistent_calibration_is_refused(string text, string reason)
    {
        using var json = JsonDocument.Parse(text);

        Should.Throw<ModelFormatException>(() => ScoreCalibrator.FromJson(json.RootElement)).Message.ShouldContain(reason);
    }

    [Fact]
    public void Rows_that_cannot_be_fitted_are_refused()
    {
        Should.Throw<ArgumentException>(() => ScoreCalibrator.Fit(CalibrationMethod.Platt, [0.1, 0.2], [0, 0])).Message.ShouldContain("of 2 rows 0 are labelled 1");
        Should.Throw<ArgumentException>(() => ScoreCalibrator.Fit(CalibrationMethod.Isotonic, [0.1, 1.2], [0, 1])).Message.ShouldContain("A score is 1.2");
        Should.Throw<ArgumentException>(() => ScoreCalibrator.Fit(CalibrationMethod.Platt, [0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0])).Message.ShouldContain("higher scores have less fraud");
        ScoreCalibrator.Fit(CalibrationMethod.None, [0.1], [0]).ShouldBeNull();
    }

    /// <summary>Rows whose scores have log-odds of twice the true ones, plus 1.</summary>
    static (double[] Scores, byte[] Labels) Made(int rows, int seed)
    {
        var random = new Random(seed);
        var (scores, labels) = (new double[rows], new byte[rows]);
        for (var row = 0; row < rows; row++)
        {
            var logOdds = (random.NextDouble() * 6) - 4;
            labels[row] = random.NextDouble() < 1 / (1 + Math.Exp(-logOdds)) ? (byte)1 : (byte)0;
            scores[row] = 1 / (1 + Math.Exp(-((2 * logOdds) + 1)));
        }

        return (scores, labels);
    }
}
