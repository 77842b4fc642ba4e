using FraudStreams.Simulation;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Simulation;

[Trait("Category", "Unit")]
public sealed class EventPaceTests
{
    const long Noon = 1_750_000_000_000;

    readonly ManualTime _time = new();

    [Fact]
    public void Payments_are_spaced_as_their_event_times_divided_by_the_factor()
    {
        var pace = new EventPace(3600, _time);

        pace.Until(Noon).ShouldBe(TimeSpan.Zero);
        pace.Until(Noon + 3_600_000).ShouldBe(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(0.75));
        pace.Until(Noon + 3_600_000).ShouldBe(TimeSpan.FromSeconds(0.25));
        _time.Advance(TimeSpan.FromSeconds(0.25));
        pace.Until(Noon + 3_600_000).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Late_payments_and_those_without_a_time_are_due_at_once()
    {
        var pace = new EventPace(1, _time);
        pace.Until(Noon);

        pace.Until(Noon - 1_000_000).ShouldBe(TimeSpan.Zero);
        pace.Until(null).ShouldBe(TimeSpan.Zero);
    }
}
