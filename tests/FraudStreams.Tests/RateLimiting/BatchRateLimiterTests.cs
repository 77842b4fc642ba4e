using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.RateLimiting;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.RateLimiting;

[Trait("Category", "Unit")]
public sealed class BatchRateLimiterTests : ActorTest
{
    readonly ManualTime _time = new();

    [Fact]
    public async Task An_unlimited_rate_passes_each_batch_whole()
    {
        using var limiter = new RateLimiter(Rate.Unlimited, _time);
        var batches = new[] { Numbers(0, 500), Numbers(500, 3) };

        var passed = await RunAsync(limiter, batches);

        passed.Count.ShouldBe(2);
        passed[0].ShouldBeSameAs(batches[0]);
        passed[1].ShouldBeSameAs(batches[1]);
    }

    [Fact]
    public async Task A_low_rate_passes_pieces_of_a_quarter_second_in_order()
    {
        using var limiter = new RateLimiter(Rate.Of(40), _time);

        var passing = RunAsync(limiter, Numbers(0, 25), Numbers(25, 10));
        await _time.RunAsync(passing);

        var passed = await passing;
        passed.Select(piece => piece.Count).ShouldBe([10, 10, 5, 10]);
        passed.SelectMany(piece => piece).ShouldBe(Enumerable.Range(0, 35));
        _time.Elapsed.TotalSeconds.ShouldBe(25 / 40.0, 0.0011);
    }

    [Fact]
    public async Task A_rate_below_a_record_per_quarter_second_passes_single_records()
    {
        using var limiter = new RateLimiter(Rate.Of(0.5), _time);

        var passing = RunAsync(limiter, Numbers(0, 4));
        await _time.RunAsync(passing);

        (await passing).Select(piece => piece.Count).ShouldBe([1, 1, 1, 1]);
        _time.Elapsed.TotalSeconds.ShouldBe(6, 0.0011);
    }

    [Fact]
    public async Task A_rate_changed_while_a_batch_waits_applies_to_its_rest()
    {
        using var limiter = new RateLimiter(Rate.Of(4), _time);
        var passing = RunAsync(limiter, Numbers(0, 1_000));
        await Eventually.TrueAsync(() => _time.UntilNextTimer() is not null);

        limiter.Speed = Rate.Unlimited;

        var passed = await passing.WaitAsync(TimeSpan.FromSeconds(20));
        passed.SelectMany(piece => piece).ShouldBe(Enumerable.Range(0, 1_000));
        passed.Count.ShouldBeLessThanOrEqualTo(4);
        _time.Elapsed.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_limit_that_holds_at_the_stop_drops_the_rest_in_order()
    {
        using var limiter = new RateLimiter(Rate.Of(4), _time);
        using var stop = new CancellationTokenSource();
        var passing = RunAsync(limiter, stop.Token, Numbers(0, 10), Numbers(10, 10));
        await Eventually.TrueAsync(() => _time.UntilNextTimer() is not null);

        await stop.CancelAsync();
        limiter.Speed = Rate.Unlimited;

        (await passing.WaitAsync(TimeSpan.FromSeconds(20))).SelectMany(piece => piece).ShouldBe([0]);
    }

    [Fact]
    public async Task Without_a_limit_a_stop_drops_nothing()
    {
        using var limiter = new RateLimiter(Rate.Unlimited, _time);

        var passed = await RunAsync(limiter, new CancellationToken(canceled: true), Numbers(0, 10), Numbers(10, 10));

        passed.SelectMany(piece => piece).ShouldBe(Enumerable.Range(0, 20));
    }

    [Fact]
    public async Task A_pause_lets_nothing_pass_until_the_rate_is_turned()
    {
        using var limiter = new RateLimiter(Rate.Paused, _time);
        var passing = RunAsync(limiter, Numbers(0, 1_000));
        await Eventually.TrueAsync(() => _time.UntilNextTimer() is not null);
        passing.IsCompleted.ShouldBeFalse();

        limiter.Speed = Rate.Unlimited;

        (await passing.WaitAsync(TimeSpan.FromSeconds(20))).SelectMany(piece => piece).ShouldBe(Enumerable.Range(0, 1_000));
    }

    static IReadOnlyList<int> Numbers(int first, int count) => [.. Enumerable.Range(first, count)];

    Task<List<IReadOnlyList<int>>> RunAsync(RateLimiter limiter, params IReadOnlyList<int>[] batches) => RunAsync(limiter, default, batches);

    async Task<List<IReadOnlyList<int>>> RunAsync(RateLimiter limiter, CancellationToken stop, params IReadOnlyList<int>[] batches) =>
        [.. await Source.From(batches).Via(BatchRateLimiter.Flow<int>(limiter, stop))
            .RunWith(Sink.Seq<IReadOnlyList<int>>(), Sys.Materializer())];
}
