using FraudStreams.RateLimiting;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.RateLimiting;

[Trait("Category", "Unit")]
public sealed class RateTests
{
    [Theory]
    [InlineData("200/s", 200)]
    [InlineData("12000/m", 200)]
    [InlineData("7200/h", 2)]
    [InlineData("0.5/s", 0.5)]
    [InlineData(" 200 / s ", 200)]
    [InlineData("unlimited", double.PositiveInfinity)]
    [InlineData("Unlimited", double.PositiveInfinity)]
    [InlineData("pause", 0)]
    [InlineData(" Pause ", 0)]
    public void A_rate_is_read_as_records_per_second(string text, double perSecond)
    {
        Rate.Parse(text).PerSecond.ShouldBe(perSecond);
    }

    [Theory]
    [InlineData("")]
    [InlineData("200")]
    [InlineData("200/d")]
    [InlineData("/s")]
    [InlineData("fast")]
    [InlineData("0")]
    [InlineData("0/s")]
    [InlineData("paused")]
    [InlineData("-1/s")]
    [InlineData("NaN/s")]
    [InlineData("1e3/s")]
    [InlineData("1,000/s")]
    [InlineData("9999999999/s")]
    public void Any_other_text_is_refused_with_the_accepted_forms(string text)
    {
        var refusal = Should.Throw<FormatException>(() => Rate.Parse(text));

        refusal.Message.ShouldContain($"\"{text}\"");
        refusal.Message.ShouldContain("200/s");
        refusal.Message.ShouldContain("unlimited");
        refusal.Message.ShouldContain("write pause to stop the stage");
    }

    [Theory]
    [InlineData("200/s")]
    [InlineData("1/m")]
    [InlineData("1/h")]
    [InlineData("0.5/s")]
    [InlineData("unlimited")]
    [InlineData("pause")]
    public void A_rate_prints_in_a_form_that_can_be_read(string text)
    {
        var speed = Rate.Parse(text);

        speed.ToString().ShouldBe(text);
    }
}
