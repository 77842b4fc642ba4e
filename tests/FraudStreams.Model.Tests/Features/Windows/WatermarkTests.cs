using FraudStreams.Model.Features.Windows;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Features.Windows;

public sealed class WatermarkTests
{
    const long Century = 100L * 365 * 86_400_000;

    [Fact]
    public void It_stands_still_before_there_are_enough_payments_and_then_follows_half_a_span_behind()
    {
        var clock = new Watermark();

        for (var time = 1; time < Watermark.Span; time++)
            clock.Take(time);
        clock.Now.ShouldBe(long.MinValue);
        for (var time = Watermark.Span; time <= 1000; time++)
            clock.Take(time);

        clock.Now.ShouldBe(1000 - (Watermark.Span / 2));
    }

    [Theory]
    [InlineData(Century)]
    [InlineData(-Century)]
    public void Wrong_clocks_move_it_nowhere_as_long_as_they_are_fewer_than_the_right_ones(long wrong)
    {
        var clock = new Watermark();

        for (var time = 0; time < 10_000; time++)
            clock.Take(time % 3 == 0 ? time + wrong : time);

        clock.Now.ShouldBeInRange(10_000 - (2 * Watermark.Span), 10_000);
    }

    [Fact]
    public void Its_front_is_the_eighth_largest_of_the_last()
    {
        var clock = new Watermark();
        var before = clock.Front;
        for (var time = 1; time <= 5; time++)
            clock.Take(time * 1_000);
        var few = clock.Front;
        for (var time = 6; time <= 100; time++)
            clock.Take(time * 1_000);
        for (var wrong = 0; wrong < 7; wrong++)
            clock.Take(1_000_000_000);

        (before, few).ShouldBe((long.MinValue, 1_000));
        clock.Front.ShouldBe(100_000);
    }

    [Fact]
    public void It_never_goes_back()
    {
        var clock = new Watermark();
        for (var time = 0; time < 100; time++)
            clock.Take(5_000);

        for (var time = 0; time < 100; time++)
            clock.Take(time);

        clock.Now.ShouldBe(5_000);
    }

    [Fact]
    public void One_made_from_what_another_holds_goes_on_like_it()
    {
        var random = new Random(3);
        var clock = new Watermark();
        for (var i = 0; i < 500; i++)
        {
            clock.Take(random.Next(i * 10, (i * 10) + 1000));
            var copy = Watermark.Of(clock.Recent, clock.Now);
            copy.Now.ShouldBe(clock.Now);
            copy.Recent.ShouldBe(clock.Recent);
        }
    }
}
