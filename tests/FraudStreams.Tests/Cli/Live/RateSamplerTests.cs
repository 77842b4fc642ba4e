using System.Collections.Immutable;
using FraudStreams.Cli.Live;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.RateLimiting;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Cli.Live;

[Trait("Category", "Unit")]
public sealed class RateSamplerTests : IDisposable
{
    readonly ManualTime _time = new();
    readonly StreamMetrics _metrics = new();
    readonly MetricTotals _totals;

    public RateSamplerTests() => _totals = new MetricTotals(_metrics);

    public void Dispose()
    {
        _totals.Dispose();
        _metrics.Dispose();
    }

    static Task<ImmutableArray<GroupLag>> NoLags() => Task.FromResult(ImmutableArray<GroupLag>.Empty);

    [Fact]
    public async Task Rates_are_measured_from_one_snapshot_to_the_next()
    {
        using var speeds = new PipelineRates(Rate.Of(7), Rate.Unlimited, Rate.Unlimited, _time);
        var meter = new RateSampler(_totals, speeds, NoLags, _time);
        _metrics.ModelVersion = "m1";
        _metrics.Sent(TopicNames.Transactions, 100);
        _time.Advance(TimeSpan.FromSeconds(2));
        await meter.TakeAsync();
        _metrics.Sent(TopicNames.Transactions, 30);
        _metrics.Scored(40, 2);
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
    public async Task Two_snapshots_at_one_time_do_not_divide_by_zero()
    {
        using var speeds = new PipelineRates(Rate.Unlimited, Rate.Unlimited, Rate.Unlimited, _time);
        var meter = new RateSampler(_totals, speeds, NoLags, _time);
        _metrics.Stored(5);

        (await meter.TakeAsync()).PerSecond.ShouldBe(default);
    }

    [Fact]
    public void Counts_of_many_threads_add_up()
    {
        Parallel.For(0, 1_000, _ =>
        {
            _metrics.Sent(TopicNames.Transactions, 3);
            _metrics.Scored(2, 1);
            _metrics.Rejected("score", "not-json");
            _metrics.Stored(2);
            _metrics.Alerted();
        });

        _totals.Current.ShouldBe(new StreamTotals(3_000, 2_000, 1_000, 1_000, 2_000, 1_000));
    }
}
