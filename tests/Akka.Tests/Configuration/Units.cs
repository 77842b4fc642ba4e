using Akka.Configuration;
using Shouldly;
using Xunit;

namespace Akka.Tests.Configuration;

public sealed class Units
{
    [Theory]
    [InlineData("1500 nanos", 15L)]
    [InlineData("1000ns", 10L)]
    [InlineData("5 microseconds", 50L)]
    [InlineData("5 micros", 50L)]
    [InlineData("20ms", 200_000L)]
    [InlineData("20 milliseconds", 200_000L)]
    [InlineData("1.5s", 15_000_000L)]
    [InlineData("1 second", 10_000_000L)]
    [InlineData("2 m", 1_200_000_000L)]
    [InlineData("2minutes", 1_200_000_000L)]
    [InlineData("1h", 36_000_000_000L)]
    [InlineData("30 d", 25_920_000_000_000L)]
    [InlineData("\"1 day\"", 864_000_000_000L)]
    public void A_duration_has_a_number_and_a_unit(string written, long ticks)
    {
        ConfigurationFactory.ParseString($"a = {written}").GetTimeSpan("a").Ticks.ShouldBe(ticks);
    }

    [Theory]
    [InlineData("250", 250)]
    [InlineData("0", 0)]
    [InlineData("2.5", 2.5)]
    public void A_duration_without_a_unit_counts_milliseconds(string written, double milliseconds)
    {
        ConfigurationFactory.ParseString($"a = {written}").GetTimeSpan("a").TotalMilliseconds.ShouldBe(milliseconds);
    }

    [Theory]
    [InlineData("infinite")]
    [InlineData("Infinite")]
    public void A_duration_may_be_infinite_where_that_is_allowed(string written)
    {
        var config = ConfigurationFactory.ParseString($"a = {written}");

        config.GetTimeSpan("a").ShouldBe(Timeout.InfiniteTimeSpan);
        Should.Throw<FormatException>(() => config.GetTimeSpan("a", allowInfinite: false));
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("-5s")]
    [InlineData("-5")]
    [InlineData("5 fortnights")]
    [InlineData("5 S")]
    [InlineData("s")]
    [InlineData("5us")]
    public void A_duration_that_is_none_is_refused(string written)
    {
        var config = ConfigurationFactory.ParseString($"a = {written}");

        Should.Throw<FormatException>(() => config.GetTimeSpan("a"));
    }

    [Theory]
    [InlineData("12", 12L)]
    [InlineData("12b", 12L)]
    [InlineData("12 bytes", 12L)]
    [InlineData("3k", 3L << 10)]
    [InlineData("3 K", 3L << 10)]
    [InlineData("3KiB", 3L << 10)]
    [InlineData("3 kibibytes", 3L << 10)]
    [InlineData("3kB", 3_000L)]
    [InlineData("3 kilobytes", 3_000L)]
    [InlineData("10m", 10L << 20)]
    [InlineData("10M", 10L << 20)]
    [InlineData("10 Mi", 10L << 20)]
    [InlineData("10MiB", 10L << 20)]
    [InlineData("10MB", 10_000_000L)]
    [InlineData("1 megabyte", 1_000_000L)]
    [InlineData("2G", 2L << 30)]
    [InlineData("2GB", 2_000_000_000L)]
    [InlineData("2 TiB", 2L << 40)]
    [InlineData("2TB", 2_000_000_000_000L)]
    [InlineData("1P", 1L << 50)]
    [InlineData("1PB", 1_000_000_000_000_000L)]
    [InlineData("1E", 1L << 60)]
    [InlineData("1EB", 1_000_000_000_000_000_000L)]
    [InlineData("-1", -1L)]
    public void A_size_has_a_whole_number_and_a_unit(string written, long bytes)
    {
        ConfigurationFactory.ParseString($"a = {written}").GetByteSize("a").ShouldBe(bytes);
    }

    [Theory]
    [InlineData("3 KB")]
    [InlineData("3 mB")]
    [InlineData("3 bits")]
    [InlineData("1.5M")]
    [InlineData("big")]
    public void A_size_that_is_none_is_refused(string written)
    {
        var config = ConfigurationFactory.ParseString($"a = {written}");

        Should.Throw<FormatException>(() => config.GetByteSize("a"));
    }

    [Fact]
    public void No_text_is_no_size()
    {
        ConfigurationFactory.ParseString("a = \"\"").GetByteSize("a").ShouldBeNull();
    }
}
