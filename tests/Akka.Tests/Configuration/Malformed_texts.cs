using System.Globalization;
using System.Text.RegularExpressions;
using Akka.Configuration;
using Shouldly;
using Xunit;

namespace Akka.Tests.Configuration;

public sealed partial class Malformed_texts
{
    [Theory]
    [InlineData("a = 1\n* = 2", 6)]
    [InlineData("a { b = 1 }, c = 2", 11)]
    [InlineData("a = 1\n\n  ?", 9)]
    [InlineData("a = b\\c", 5)]
    [InlineData("a = *", 4)]
    [InlineData("a = b & c", 6)]
    public void What_cannot_start_a_key_is_refused_with_its_position(string hocon, int position)
    {
        var failure = Should.Throw<FormatException>(() => ConfigurationFactory.ParseString(hocon));

        int.Parse(Position().Match(failure.Message).Groups[1].Value, CultureInfo.InvariantCulture).ShouldBe(position);
    }

    [Theory]
    [InlineData("a = http://host")]
    [InlineData("a = b=c")]
    [InlineData("a = b\nc { d = e:f }")]
    public void An_unquoted_value_with_an_assignment_in_it_is_refused(string hocon)
    {
        Should.Throw<ConfigurationException>(() => ConfigurationFactory.ParseString(hocon));
    }

    [Theory]
    [InlineData("a = \"\\x\"")]
    [InlineData("\"\\x\" = a")]
    public void An_unknown_escape_is_refused(string hocon)
    {
        Should.Throw<FormatException>(() => ConfigurationFactory.ParseString(hocon));
    }

    [Fact]
    public void A_text_that_ends_at_its_assignment_is_refused()
    {
        Should.Throw<FormatException>(() => ConfigurationFactory.ParseString("a ="));
    }

    [Fact]
    public void A_brace_or_quote_left_open_is_closed_by_the_end()
    {
        ConfigurationFactory.ParseString("a { b = 1").GetInt("a.b").ShouldBe(1);
        ConfigurationFactory.ParseString("a = \"b").GetString("a").ShouldBe("b");
        ConfigurationFactory.ParseString("a = [1, 2").GetIntList("a").ShouldBe([1, 2]);
    }

    [Fact]
    public void A_brace_too_many_ends_the_text()
    {
        var config = ConfigurationFactory.ParseString("a { b = 1 } }\nc = 2");

        config.GetInt("a.b").ShouldBe(1);
        config.HasPath("c").ShouldBeFalse();
    }

    [Fact]
    public void A_key_without_a_value_is_there_and_has_none()
    {
        var config = ConfigurationFactory.ParseString("a =\n");

        config.HasPath("a").ShouldBeTrue();
        config.GetString("a").ShouldBeNull();
    }

    [Fact]
    public void Plus_equals_adds_nothing()
    {
        var config = ConfigurationFactory.ParseString("a = [1]\na += [2]");

        config.GetIntList("a").ShouldBe([1]);
        config.GetIntList("a +").ShouldBe([2]);
    }

    [GeneratedRegex("at position ([0-9]+)")]
    private static partial Regex Position();
}
