using Akka.Configuration;
using Akka.Configuration.Hocon;
using Shouldly;
using Xunit;

namespace Akka.Tests.Configuration;

public sealed class Includes
{
    [Fact]
    public void An_include_gives_the_content_of_what_it_names()
    {
        var config = Parse("include \"other.conf\"\nb = 2", "a = 1");

        config.GetInt("a").ShouldBe(1);
        config.GetInt("b").ShouldBe(2);
    }

    [Fact]
    public void Its_name_is_passed_as_it_is_written()
    {
        var asked = new List<string>();

        ConfigurationFactory.ParseString("include \"schemas/cards.conf\"", name =>
        {
            asked.Add(name);
            return Parser.Parse("", null);
        });

        asked.ShouldBe(["schemas/cards.conf"]);
    }

    [Fact]
    public void What_comes_later_counts()
    {
        Parse("a = 1\ninclude \"x\"", "a = 2").GetInt("a").ShouldBe(2);
        Parse("include \"x\"\na = 1", "a = 2").GetInt("a").ShouldBe(1);
    }

    [Fact]
    public void Objects_are_merged_with_what_is_there()
    {
        var config = Parse("a { x = 1, y = 1 }\ninclude \"x\"\na.z = 3", "a { y = 2 }");

        config.GetInt("a.x").ShouldBe(1);
        config.GetInt("a.y").ShouldBe(2);
        config.GetInt("a.z").ShouldBe(3);
    }

    [Fact]
    public void Inside_an_object_it_fills_that_object()
    {
        var config = Parse("a { b { include \"x\" } }", "c = 1\nd = ${c}");

        config.GetInt("a.b.c").ShouldBe(1);
        config.GetInt("a.b.d").ShouldBe(1);
    }

    [Fact]
    public void At_the_top_it_cannot_bring_substitutions()
    {
        Should.Throw<FormatException>(() => Parse("include \"x\"", "c = 1\nd = ${c}"));
    }

    [Fact]
    public void A_key_may_be_named_include()
    {
        ConfigurationFactory.ParseString("include = 1").GetInt("include").ShouldBe(1);
        ConfigurationFactory.ParseString("includes = 1").GetInt("includes").ShouldBe(1);
    }

    [Fact]
    public void Without_a_callback_it_fails()
    {
        Should.Throw<Exception>(() => ConfigurationFactory.ParseString("include \"x\""));
    }

    [Fact]
    public void What_the_callback_throws_comes_out()
    {
        Should.Throw<FileNotFoundException>(
            () => ConfigurationFactory.ParseString("include \"x\"", name => throw new FileNotFoundException("not there", name)));
    }

    static Config Parse(string text, string included) => ConfigurationFactory.ParseString(text, _ => Parser.Parse(included, null));
}
