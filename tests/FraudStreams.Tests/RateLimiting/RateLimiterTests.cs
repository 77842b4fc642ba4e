using FraudStreams.RateLimiting;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.RateLimiting;

[Trait("Category", "Unit")]
public sealed class RateLimiterTests
{
    readonly ManualTime _time = new();

    [Theory]
    [InlineData(1, 200)]
    [InlineData(1, 7)]
    [InlineData(500, 200)]
    [InlineData(3, 7)]
    [InlineData(1000, 25_000)]
    [InlineData(1, 30_000)]
    public async Task Batches_and_single_records_keep_the_same_long_run_rate(int batch, double perSecond)
    {
        using var limiter = new RateLimiter(Rate.Of(perSecond), _time);
        var passes = (int)Math.Max(20, perSecond * 30 / batch);

        await _time.RunAsync(PassAsync(limiter, batch, passes));

        // The last pass completes when the debt of all before it is paid off.
        var exact = (passes - 1) * (double)batch / perSecond;
        _time.Elapsed.TotalSeconds.ShouldBe(exact, 0.0011);
    }

    [Fact]
    public async Task After_an_idle_hour_only_a_tenth_of_a_second_is_caught_up()
    {
        using var limiter = new RateLimiter(Rate.Of(1000), _time);
        _time.Advance(TimeSpan.FromHours(1));

        var passed = 0;
        while (limiter.PassAsync(1).AsTask().IsCompleted)
            passed++;

        passed.ShouldBe(101);
    }

    [Fact]
    public void The_first_batch_passes_at_once_and_the_second_waits_for_it()
    {
        using var limiter = new RateLimiter(Rate.Of(100), _time);

        limiter.PassAsync(500).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
        limiter.PassAsync(500).AsTask().IsCompleted.ShouldBeFalse();

        _time.UntilNextTimer().ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_waiting_pass_is_timed_anew_when_the_rate_changes()
    {
        using var limiter = new RateLimiter(Rate.Of(1), _time);
        await limiter.PassAsync(100);
        var waiting = limiter.PassAsync(1).AsTask();
        _time.Advance(TimeSpan.FromSeconds(50));

        limiter.Speed = Rate.Of(100);
        await Eventually.TrueAsync(() => _time.UntilNextTimer() == TimeSpan.FromSeconds(0.5));
        await _time.RunAsync(waiting);

        _time.Elapsed.ShouldBe(TimeSpan.FromSeconds(50.5));
    }

    [Fact]
    public async Task A_waiting_pass_goes_at_once_when_the_limit_is_lifted()
    {
        using var limiter = new RateLimiter(Rate.Of(1), _time);
        await limiter.PassAsync(1_000_000);
        var waiting = limiter.PassAsync(1).AsTask();
        waiting.IsCompleted.ShouldBeFalse();

        limiter.Speed = Rate.Unlimited;
        await waiting.WaitAsync(TimeSpan.FromSeconds(60));

        _time.Elapsed.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_limit_set_on_an_unlimited_rate_holds_from_then_on()
    {
        using var limiter = new RateLimiter(Rate.Unlimited, _time);
        await limiter.PassAsync(1_000_000);

        limiter.Speed = Rate.Of(10);

        await _time.RunAsync(PassAsync(limiter, 1, 101));
        _time.Elapsed.TotalSeconds.ShouldBe(10, 0.0011);
    }

    [Fact]
    public async Task Several_streams_share_one_rate()
    {
        using var limiter = new RateLimiter(Rate.Of(10), _time);

        await _time.RunAsync(Task.WhenAll(Enumerable.Range(0, 3).Select(_ => PassAsync(limiter, 1, 7))));

        _time.Elapsed.TotalSeconds.ShouldBe(2, 0.0011);
    }

    [Fact]
    public async Task A_cancelled_pass_neither_passes_nor_holds_up_the_next()
    {
        using var limiter = new RateLimiter(Rate.Of(1), _time);
        await limiter.PassAsync(10);
        using var cancel = new CancellationTokenSource();
        var cancelled = limiter.PassAsync(1_000, cancel.Token).AsTask();
        var next = limiter.PassAsync(1).AsTask();

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(cancelled);
        await _time.RunAsync(next);
        _time.Elapsed.ShouldBe(TimeSpan.FromSeconds(10));
    }

    static async Task PassAsync(RateLimiter limiter, int batch, int times)
    {
        for (var i = 0; i < times; i++)
            await limiter.PassAsync(batch);
    }
}
