using System.Diagnostics;
using Akka.Streams;
using Akka.Streams.Dsl;
using Shouldly;
using Xunit;

namespace Akka.Tests.Streams;

public sealed class ThrottleTests : StreamTest
{
    [Fact]
    public async Task Elements_beyond_the_burst_come_at_the_rate()
    {
        var watch = Stopwatch.StartNew();

        await Source.From(Enumerable.Range(1, 30)).Throttle(50, TimeSpan.FromSeconds(1), 10, ThrottleMode.Shaping)
            .RunWith(Sink.Ignore<int>(), Materializer);

        // Ten at once, and twenty at fifty a second.
        watch.Elapsed.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(380));
    }

    [Fact]
    public async Task A_burst_goes_at_once()
    {
        var watch = Stopwatch.StartNew();

        await Source.From(Enumerable.Range(1, 50)).Throttle(1, TimeSpan.FromHours(1), 50, ThrottleMode.Shaping)
            .RunWith(Sink.Ignore<int>(), Materializer);

        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task An_element_may_cost_more_than_another()
    {
        var watch = Stopwatch.StartNew();

        await Source.From([10, 10, 10]).Throttle(100, TimeSpan.FromSeconds(1), 10, cost => cost, ThrottleMode.Shaping)
            .RunWith(Sink.Ignore<int>(), Materializer);

        watch.Elapsed.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(180));
    }

    [Fact]
    public async Task A_throttle_that_enforces_fails_the_stream_that_is_too_fast() =>
        await Source.From(Enumerable.Range(1, 10)).Throttle(1, TimeSpan.FromHours(1), 5, ThrottleMode.Enforcing)
            .RunWith(Sink.Ignore<int>(), Materializer).ShouldThrowAsync<OverflowException>();

    [Fact]
    public void A_rate_without_sense_is_refused()
    {
        Should.Throw<ArgumentException>(() => Source.Single(1).Throttle(0, TimeSpan.FromSeconds(1), 1, ThrottleMode.Shaping));
        Should.Throw<ArgumentException>(() => Source.Single(1).Throttle(1, TimeSpan.Zero, 1, ThrottleMode.Shaping));
        Should.Throw<ArgumentException>(() => Source.Single(1).Throttle(100, TimeSpan.FromTicks(10), 1, ThrottleMode.Shaping));
    }
}
