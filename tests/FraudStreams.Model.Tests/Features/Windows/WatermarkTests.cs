using FraudStreams.Model.Features.Windows;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Features.Windows;

public sealed class WatermarkTests
{
    const long Century = 100L * 365 * 86_400_000;

    [Fact]
    public void It_is_unset_before_63_payments_then_lags_by_half_a_span()
    {
        var watermark = new Watermark();

        for (var time = 1; time < Watermark.Span; time++)
            watermark.Take(time);
        watermark.Now.ShouldBe(long.MinValue);
        for (var time = Watermark.Span; time <= 1000; time++)
            watermark.Take(time);

        watermark.Now.ShouldBe(1000 - (Watermark.Span / 2));
    }

    [Theory]
    [InlineData(Century)]
    [InlineData(-Century)]
    public void A_minority_of_wrong_clocks_does_not_move_it(long wrong)
    {
        var watermark = new Watermark();

        for (var time = 0; time < 10_000; time++)
            watermark.Take(time % 3 == 0 ? time + wrong : time);

        watermark.Now.ShouldBeInRange(10_000 - (2 * Watermark.Span), 10_000);
    }

    [Fact]
    public void Its_front_is_the_eighth_largest_of_the_last_times()
    {
        var watermark = new Watermark();
        var before = watermark.Front;
        for (var time = 1; time <= 5; time++)
            watermark.Take(time * 1_000);
        var few = watermark.Front;
        for (var time = 6; time <= 100; time++)
            watermark.Take(time * 1_000);
        for (var wrong = 0; wrong < 7; wrong++)
            watermark.Take(1_000_000_000);

        (before, few).ShouldBe((long.MinValue, 1_000));
        watermark.Front.ShouldBe(100_000);
    }

    [Fact]
    public void It_never_goes_back()
    {
        var watermark = new Watermark();
        for (var time = 0; time < 100; time++)
            watermark.Take(5_000);

        for (var time = 0; time < 100; time++)
            watermark.Take(time);

        watermark.Now.ShouldBe(5_000);
    }

    [Fact]
    public void A_restored_watermark_continues_like_the_original()
    {
        var random = new Random(3);
        var watermark = new Watermark();
        for (var i = 0; i < 500; i++)
        {
            watermark.Take(random.Next(i * 10, (i * 10) + 1000));
            var copy = Watermark.Of(watermark.Recent, watermark.Now);
            copy.Now.ShouldBe(watermark.Now);
            copy.Recent.ShouldBe(watermark.Recent);
        }
    }
}
