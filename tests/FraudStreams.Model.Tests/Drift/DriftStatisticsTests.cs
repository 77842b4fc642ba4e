using FraudStreams.Model.Drift;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Drift;

public sealed class DriftStatisticsTests
{
    [Theory]
    [InlineData(3.841459, 1, 0.05)]
    [InlineData(6.634897, 1, 0.01)]
    [InlineData(16.918978, 9, 0.05)]
    [InlineData(29.588298, 10, 0.001)]
    [InlineData(124.342113, 100, 0.05)]
    [InlineData(2, 2, 0.36787944)]
    [InlineData(0.102587, 2, 0.95)]
    public void Upper_tail_of_chi_square_is_that_of_tables(double statistic, int freedom, double probability) =>
        DriftStatistics.UpperTail(statistic, freedom).ShouldBe(probability, probability * 1e-5);

    [Fact]
    public void Upper_tail_ends_at_one_and_nearly_zero()
    {
        DriftStatistics.UpperTail(0, 5).ShouldBe(1);
        DriftStatistics.UpperTail(10, 0).ShouldBe(1);
        DriftStatistics.UpperTail(5000, 5).ShouldBe(0, 1e-300);
    }

    [Fact]
    public void Psi_is_the_formula_for_many_payments()
    {
        // (0.5 − 0.6) ln(0.5/0.6) + (0.5 − 0.4) ln(0.5/0.4) = 0.0405.
        DriftStatistics.PopulationStability([600_000, 400_000], [500_000, 500_000]).ShouldBe(0.040546, 1e-5);
        DriftStatistics.PopulationStability([10, 20], [1_000, 2_000]).ShouldBe(0, 1e-3);
        double.IsFinite(DriftStatistics.PopulationStability([100, 0], [0, 100])).ShouldBeTrue();
    }

    [Fact]
    public void Jensen_Shannon_is_zero_for_the_same_shares_and_one_for_disjoint_ones()
    {
        DriftStatistics.JensenShannon([1, 3], [100, 300]).ShouldBe(0, 1e-9);
        DriftStatistics.JensenShannon([5, 0], [0, 7]).ShouldBe(1, 1e-12);

        // Of (1/2, 1/2) and (1/4, 3/4): the divergence is 0.04879 bits.
        DriftStatistics.JensenShannon([2, 2], [1, 3]).ShouldBe(Math.Sqrt(0.0487949), 1e-6);
    }

    [Fact]
    public void Wasserstein_of_a_shift_is_its_length()
    {
        // Uniform on 0..4 and on 1..5.
        DriftStatistics.Wasserstein([0, 1, 2, 3, 4, 5], [0, 10, 10, 10, 10, 0, 0], [0, 0, 10, 10, 10, 10, 0]).ShouldBe(1, 1e-12);

        // Lines of opposite sign: half of 0..1 and half of 1..2, against all in the middle of nothing but the same mean.
        DriftStatistics.Wasserstein([0, 1, 2, 3], [0, 1, 0, 1, 0], [0, 0, 2, 0, 0]).ShouldBe(0.5 * (0.5 * 1) + (0.25 * 1) + 0.5 * (0.5 * 1), 1e-12);
    }

    [Fact]
    public void Wasserstein_of_ranks_is_a_shift_in_standard_deviations_whatever_the_scale()
    {
        var (random, reference, current) = (new Random(1), new long[40], new long[40]);
        for (var i = 0; i < 200_000; i++)
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            reference[Math.Clamp((int)((normal * 5) + 20), 0, 39)]++;
            current[Math.Clamp((int)(((normal + 0.4) * 5) + 20), 0, 39)]++;
        }

        DriftStatistics.RankWasserstein(reference, current).ShouldBe(0.4, 0.03);
        DriftStatistics.RankWasserstein([5, 5], [500, 500]).ShouldBe(0);
    }

    [Fact]
    public void Chi_square_groups_what_is_rare()
    {
        var (statistic, freedom) = DriftStatistics.ChiSquare([100, 100, 1, 0], [120, 80, 0, 1]);

        freedom.ShouldBe(1);

        // Of 100:101 and 120:81 by hand: Σ (a − b)²/(a + b) with equal totals.
        statistic.ShouldBe((20.0 * 20 / 220) + (20.0 * 20 / 182), 1e-9);
        DriftStatistics.ChiSquare([3, 2], [1, 2]).ShouldBe((0, 0));
    }

    [Fact]
    public void Chi_square_of_the_same_distribution_is_as_significant_as_chance_says()
    {
        var (random, below) = (new Random(5), 0);
        for (var trial = 0; trial < 2_000; trial++)
            below += PValue(random, 1_000, 300) < 0.05 ? 1 : 0;

        (below / 2_000.0).ShouldBe(0.05, 0.015);

        static double PValue(Random random, int m, int n)
        {
            var (reference, current) = (new long[6], new long[6]);
            for (var i = 0; i < m; i++)
                reference[Math.Min(5, (int)(random.NextDouble() * random.NextDouble() * 8))]++;
            for (var i = 0; i < n; i++)
                current[Math.Min(5, (int)(random.NextDouble() * random.NextDouble() * 8))]++;
            var (statistic, freedom) = DriftStatistics.ChiSquare(reference, current);
            return DriftStatistics.UpperTail(statistic, freedom);
        }
    }

    [Fact]
    public void Rank_sum_is_Wilcoxons_with_ties()
    {
        // Means of ranks −0.1 and 0.1 of a variance of 1/16, in two samples of a hundred.
        DriftStatistics.RankSum([70, 30], [30, 70]).ShouldBe(0.2 * 0.2 / (0.0625 * 0.02), 1e-9);
        DriftStatistics.RankSum([50, 50], [500, 500]).ShouldBe(0, 1e-12);
        DriftStatistics.RankSum([5, 5], [0, 9]).ShouldBe(0);
        DriftStatistics.RankSum([100, 0], [100, 0]).ShouldBe(0);
    }

    [Fact]
    public void Holm_steps_down()
    {
        DriftStatistics.Holm([0.01, 0.04, 0.03, 0.005], 0.05).ShouldBe([true, false, false, true]);
        DriftStatistics.Holm([0.02, 0.03], 0.05).ShouldBe([true, true]);
        DriftStatistics.Holm([], 0.05).ShouldBeEmpty();
    }

    [Fact]
    public void Histograms_of_different_bins_are_refused() =>
        Should.Throw<ArgumentException>(() => DriftStatistics.JensenShannon([1, 2], [1, 2, 3])).Message.ShouldContain("2 and 3 bins");
}
