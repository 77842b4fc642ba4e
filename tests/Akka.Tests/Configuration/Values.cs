using Akka.Configuration;
using Shouldly;
using Xunit;

namespace Akka.Tests.Configuration;

public sealed class Values
{
    [Fact]
    public void Words_in_a_row_are_one_text_with_the_blanks_between_them()
    {
        var config = ConfigurationFactory.ParseString("a =  one  two three   # comment\nb = one \"two\" three");

        config.GetString("a").ShouldBe("one  two three");
        config.GetString("b").ShouldBe("one two three");
    }

    [Fact]
    public void A_quoted_text_may_hold_what_an_unquoted_may_not()
    {
        var config = ConfigurationFactory.ParseString("""a = "http://host:80/?x={1}#y, $z" """);

        config.GetString("a").ShouldBe("http://host:80/?x={1}#y, $z");
    }

    [Fact]
    public void Escapes_are_read_in_quotes()
    {
        var config = ConfigurationFactory.ParseString("""a = "x\"y\\z\/\tA\u00e9\n." """);

        config.GetString("a").ShouldBe("x\"y\\z/\tAé\n.");
    }

    [Fact]
    public void Blanks_at_both_ends_go_even_in_quotes()
    {
        var config = ConfigurationFactory.ParseString("a = \"  x  \"");

        config.GetString("a").ShouldBe("x");
    }

    [Fact]
    public void Three_quotes_keep_lines_quotes_and_backslashes()
    {
        var config = ConfigurationFactory.ParseString("a = \"\"\"one\n \"two\" \\n\nthree\"\"\"\nb = 1");

        config.GetString("a").ShouldBe("one\n \"two\" \\n\nthree");
        config.GetInt("b").ShouldBe(1);
    }

    [Fact]
    public void Null_is_no_text()
    {
        Config config = "a = null";

        config.HasPath("a").ShouldBeTrue();
        config.GetString("a", "default").ShouldBeNull();
    }

    [Fact]
    public void An_object_or_a_list_is_no_text()
    {
        Config config = "a { b = 1 }\nc = [1]";

        config.GetString("a").ShouldBeNull();
        config.GetString("c").ShouldBeNull();
    }

    [Fact]
    public void Kinds_can_be_told_apart()
    {
        Config config = "text = x, list = [x], object { x = x }";

        config.GetValue("text")!.IsString().ShouldBeTrue();
        config.GetValue("text")!.IsArray().ShouldBeFalse();
        config.GetValue("list")!.IsArray().ShouldBeTrue();
        config.GetValue("list")!.IsObject().ShouldBeFalse();
        config.GetValue("object")!.IsObject().ShouldBeTrue();
        config.GetValue("object")!.IsString().ShouldBeFalse();
    }

    [Fact]
    public void Numbers_are_read_with_a_point()
    {
        Config config = "whole = 42, long = 9000000000, fraction = -1.5e3, decimal = 0.1";

        config.GetInt("whole").ShouldBe(42);
        config.GetLong("long").ShouldBe(9_000_000_000);
        config.GetDouble("fraction").ShouldBe(-1500);
        config.GetFloat("fraction").ShouldBe(-1500f);
        config.GetDecimal("decimal").ShouldBe(0.1m);
    }

    [Fact]
    public void A_number_that_is_none_is_refused()
    {
        Config config = "a = many, b = 1.5, c = 3000000000";

        Should.Throw<FormatException>(() => config.GetInt("a"));
        Should.Throw<FormatException>(() => config.GetInt("b"));
        Should.Throw<OverflowException>(() => config.GetInt("c"));
        Should.Throw<FormatException>(() => config.GetDouble("a"));
    }

    [Theory]
    [InlineData("on", true)]
    [InlineData("true", true)]
    [InlineData("\"true\"", true)]
    [InlineData("off", false)]
    [InlineData("false", false)]
    public void A_boolean_is_on_or_off_true_or_false(string written, bool expected)
    {
        ConfigurationFactory.ParseString($"a = {written}").GetBoolean("a", !expected).ShouldBe(expected);
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("1")]
    [InlineData("True")]
    public void No_other_word_is_a_boolean(string written)
    {
        var config = ConfigurationFactory.ParseString($"a = {written}");

        Should.Throw<NotSupportedException>(() => config.GetBoolean("a")).Message.ShouldContain(written);
    }
}
