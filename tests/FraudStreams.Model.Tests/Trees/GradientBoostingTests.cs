using System.Collections.Immutable;
using FraudStreams.Model.Trees;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Trees;

public sealed class GradientBoostingTests
{
    [Fact]
    public void An_interaction_that_no_single_feature_shows_is_learned()
    {
        var set = Made.Rows(4000, ["a:number", "b:number"], (_, row) => (row[0] > 0.5) != (row[1] > 0.5));

        var model = GradientBoosting.Train(set, null, new BoostingSettings { Trees = 60, MaxDepth = 3 });

        model.Score([0.1, 0.1]).ShouldBeLessThan(0.05);
        model.Score([0.9, 0.1]).ShouldBeGreaterThan(0.95);
        model.Score([0.1, 0.9]).ShouldBeGreaterThan(0.95);
        model.Score([0.9, 0.9]).ShouldBeLessThan(0.05);
    }
}
