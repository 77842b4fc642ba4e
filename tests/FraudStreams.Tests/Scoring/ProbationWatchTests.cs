using FraudStreams.ModelOps.Registry;
using FraudStreams.Scoring;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Scoring;

[Trait("Category", "Unit")]
public sealed class ProbationWatchTests
{
    readonly ProbationWatch _watch = new(new ProbationSettings(TimeSpan.FromHours(1), Errors: 0.05, Latency: TimeSpan.FromSeconds(1), Alerts: 5));

    public ProbationWatchTests() => _watch.Begin(7, "new", "former");

    [Theory]
    [InlineData(2, 10, false)]
    [InlineData(3, 10, true)]
    [InlineData(5, 100, false)]
    [InlineData(6, 100, true)]
    public void Failed_batches_are_out_of_bounds_from_three_on_and_above_their_share(int failed, int batches, bool isOut)
    {
        for (var batch = 0; batch < batches; batch++)
        {
            if (batch < failed)
                _watch.Failed("new");
            else
                _watch.Worked("new", TimeSpan.FromMilliseconds(3));
        }

        (_watch.OutOfBounds is not null).ShouldBe(isOut);
    }

    [Fact]
    public void Slow_batches_are_out_of_bounds()
    {
        for (var batch = 0; batch < 3; batch++)
            _watch.Worked("new", TimeSpan.FromSeconds(1.1));

        _watch.OutOfBounds.ShouldNotBeNull().Why.ShouldContain("3 of its 3 batches took longer than 1,000 ms");
    }

    [Theory]
    [InlineData(500, 20, true)]
    [InlineData(20, 500, true)]
    [InlineData(0, 60, true)]
    [InlineData(60, 0, true)]
    [InlineData(80, 20, false)]
    [InlineData(20, 80, false)]
    [InlineData(5, 0, false)]
    [InlineData(0, 5, false)]
    [InlineData(0, 0, false)]
    public void Alerts_far_from_those_of_the_version_before_are_out_of_bounds(int alerts, int former, bool isOut)
    {
        _watch.Compared("new", "former", 1_000, alerts, former);

        (_watch.OutOfBounds is not null).ShouldBe(isOut);
    }

    [Fact]
    public void Another_promotion_begins_anew_and_other_versions_do_not_count()
    {
        for (var batch = 0; batch < 3; batch++)
        {
            _watch.Failed("another");
            _watch.Compared("new", "third", 1_000, 900, 0);
        }

        _watch.OutOfBounds.ShouldBeNull();
        _watch.Compared("new", "former", 1_000, 900, 0);
        _watch.OutOfBounds.ShouldNotBeNull().Version.ShouldBe("new");
        _watch.Begin(7, "new", "former");
        _watch.OutOfBounds.ShouldNotBeNull();
        _watch.Begin(8, "next", "new");
        _watch.OutOfBounds.ShouldBeNull();
    }
}
