using System.Collections.Immutable;
using FraudStreams.Cli.Live;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.RateLimiting;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Cli.Live;

public sealed class RateSamplerTests
{
    readonly ManualTime _time = new();
    readonly StreamCounters _counters = new();

    static Task<ImmutableArray<GroupLag>> NoLags() => Task.FromResult(ImmutableArray<GroupLag>.Empty);

    [Fact]
    public async Task Rates_are_measured_from_one_snapshot_to_the_next()
    {
        using var speeds = new PipelineRates(Rate.Of(7), Rate.Unlimited, Rate.Unlimited, _time);
        var meter = new RateSampler(_counters, speeds, NoLags, _time);
        _counters.ModelVersion = "m1";
        _counters.Produced(100);
        _time.Advance(TimeSpan.FromSeconds(2));
        await meter.TakeAsync();
        _counters.Produced(30);
        _counters.Scored(40, 2);
        _time.Advance(TimeSpan.FromSeconds(4));
        speeds.Speed1.Speed = Rate.Of(8);

        var snapshot = await meter.TakeAsync();

        snapshot.Running.ShouldBe(TimeSpan.FromSeconds(6));
        snapshot.Totals.ShouldBe(new StreamTotals(130, 40, 2, 0, 0, 0));
        snapshot.PerSecond.ShouldBe(new StreamRates(7.5, 10, 0.5, 0, 0, 0));
        snapshot.Speed1.ShouldBe(Rate.Of(8));
        snapshot.ModelVersion.ShouldBe("m1");
    }

    [Fact]
    public async Task Two_snapshots_at_one_moment_divide_by_nothing()
    {
        using var speeds = new PipelineRates(Rate.Unlimited, Rate.Unlimited, Rate.Unlimited, _time);
        var meter = new RateSampler(_counters, speeds, NoLags, _time);
        _counters.Stored(5);

        (await meter.TakeAsync()).PerSecond.ShouldBe(default);
    }

    [Fact]
    public void Counts_of_many_threads_add_up()
    {
        Parallel.For(0, 1_000, _ =>
        {
            _counters.Produced(3);
            _counters.Scored(2, 1);
            _counters.Rejected(1);
            _counters.Stored(2);
            _counters.Alerted("one");
        });

        _counters.Totals.ShouldBe(new StreamTotals(3_000, 2_000, 1_000, 1_000, 2_000, 1_000));
    }
}
