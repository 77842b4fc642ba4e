using FraudStreams.Diagnostics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Diagnostics;

[Trait("Category", "Unit")]
public sealed class PipelineHealthTests
{
    readonly ManualTime _time = new();
    readonly PipelineHealth _health;

    public PipelineHealthTests() => _health = new PipelineHealth(TimeSpan.FromMinutes(1), _time);

    [Fact]
    public void A_branch_that_failed_is_failing_since_its_first_failure_for_its_latest_reason()
    {
        _health.Failed("store", "no server");
        _time.Advance(TimeSpan.FromSeconds(30));
        _health.Failed("store", "wrong password");

        _health.Failing().ShouldHaveSingleItem().ShouldBe(KeyValuePair.Create("store", new FailingPipeline(_time.Start, 0, "wrong password")));
    }

    [Fact]
    public void Work_of_its_own_ends_it_and_that_of_another_branch_does_not()
    {
        _health.Failed("store", "no server");
        _health.Worked("score");
        _health.Failing().Keys.ShouldBe(["store"]);

        _health.Worked("store");

        _health.Failing().ShouldBeEmpty();
    }

    [Fact]
    public void A_branch_without_work_is_over_it_once_it_has_held()
    {
        _health.Failed("label", "no server");

        _time.Advance(TimeSpan.FromSeconds(59));
        _health.Failing().ShouldNotBeEmpty();
        _time.Advance(TimeSpan.FromSeconds(1));

        _health.Failing().ShouldBeEmpty();
    }
}
