using FraudStreams.Model.Models.Trees;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Models.Trees;

public sealed class FeatureBinsTests
{
    [Fact]
    public void A_code_is_the_number_of_thresholds_below_the_value()
    {
        double[] cuts = [-2, 0, 1.5, 7];
        var table = new CutTable(cuts);
        double[] values = [-9, -2, -1, 0, 1.4, 1.5, 1.6, 7, 8, double.NaN, double.PositiveInfinity];
        var codes = new byte[values.Length];

        table.Codes(values, 1, codes);

        codes.ShouldBe(new byte[] { 0, 0, 1, 1, 2, 2, 3, 3, 4, 0, 4 });
        values.Select(table.Code).ShouldBe(codes.Select(code => (int)code));
    }

    [Fact]
    public void Few_values_have_a_bin_each_and_missing_ones_the_last()
    {
        var set = Made.Rows(900, ["a:number"], (n, row) =>
        {
            row[0] = n % 4 == 3 ? double.NaN : n % 4;
            return false;
        });

        var bins = FeatureBins.From(set, 0, 256);

        bins.ValueBins.ShouldBe(3);
        var filled = new byte[5];
        bins.Fill([0, 1, 2, double.NaN, 1.6], 1, filled);
        filled.ShouldBe(new byte[] { 0, 1, 2, 3, 2 });
    }

    [Fact]
    public void Many_values_get_bins_of_about_equal_weight()
    {
        var set = Made.Rows(20_000, ["a:number"], (n, row) =>
        {
            if (n % 2 == 0) row[0] = 0.5;
            return false;
        });

        var bins = FeatureBins.From(set, 0, 64);

        var filled = new byte[set.Rows];
        bins.Fill(set.Values.Span, 1, filled);
        var counts = filled.GroupBy(b => b).Select(g => g.Count()).OrderDescending().ToArray();
        counts.Length.ShouldBeInRange(60, 63);
        counts[0].ShouldBeInRange(10_000, 10_400);
        counts[1].ShouldBeLessThan(400);
    }

    [Fact]
    public void A_tail_that_only_frauds_reach_has_bins_of_its_own()
    {
        const double limit = 0.9995;
        var set = Made.Rows(20_000, ["a:number"], (_, row) => row[0] > limit);

        var bins = FeatureBins.From(set, 0, 64);

        var filled = new byte[set.Rows];
        bins.Fill(set.Values.Span, 1, filled);
        var lowest = filled.Where((_, row) => set.Labels.Span[row] == 1).Min();
        filled.Distinct().Count(bin => bin > lowest).ShouldBeGreaterThan(3);
    }
}
