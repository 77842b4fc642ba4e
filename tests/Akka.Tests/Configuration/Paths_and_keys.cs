using Akka.Configuration;
using Shouldly;
using Xunit;

namespace Akka.Tests.Configuration;

public sealed class Paths_and_keys
{
    [Fact]
    public void A_dotted_key_is_a_path()
    {
        var config = ConfigurationFactory.ParseString("a.b.c = 1");

        config.GetInt("a.b.c").ShouldBe(1);
        config.GetConfig("a")!.GetInt("b.c").ShouldBe(1);
    }

    [Fact]
    public void A_quoted_key_keeps_its_dots_and_is_asked_for_in_quotes()
    {
        var config = ConfigurationFactory.ParseString("""
            a."b.c".d = 1
            "x.y" { z = 2 }
            """);

        config.GetInt("a.\"b.c\".d").ShouldBe(1);
        config.GetInt("\"x.y\".z").ShouldBe(2);
        config.HasPath("a.b.c.d").ShouldBeFalse();
    }

    [Fact]
    public void A_key_may_hold_dashes_underscores_slashes_and_blanks()
    {
        var config = ConfigurationFactory.ParseString("""
            max-size = 1
            speed_1 = 2
            /user/worker { router = none }
            two words = 3
            """);

        config.GetInt("max-size").ShouldBe(1);
        config.GetInt("speed_1").ShouldBe(2);
        config.GetString("/user/worker.router").ShouldBe("none");
        config.GetInt("two words").ShouldBe(3);
    }

    [Theory]
    [InlineData("a = 1")]
    [InlineData("a : 1")]
    [InlineData("{ a = 1 }")]
    [InlineData("{ \"a\" : 1 }")]
    [InlineData("a=1 # comment")]
    [InlineData("a=1 // comment")]
    [InlineData("# comment\n// comment\na\n=\n1")]
    [InlineData("\r\na = 1\r\n")]
    public void Key_and_value_may_be_written_in_several_ways(string hocon)
    {
        ConfigurationFactory.ParseString(hocon).GetInt("a").ShouldBe(1);
    }

    [Fact]
    public void Entries_are_parted_by_lines_or_commas()
    {
        var config = ConfigurationFactory.ParseString("a = 1, b = 2\nc { d = 3, e = 4, }");

        config.GetInt("a").ShouldBe(1);
        config.GetInt("b").ShouldBe(2);
        config.GetInt("c.d").ShouldBe(3);
        config.GetInt("c.e").ShouldBe(4);
    }

    [Fact]
    public void The_keys_at_the_top_are_listed_in_the_order_of_the_text()
    {
        var config = ConfigurationFactory.ParseString("b = 1\na { c = 2 }\n\"d.e\" = 3");

        config.AsEnumerable().Select(entry => entry.Key).ShouldBe(["b", "a", "d.e"]);
        config.Root.GetObject()!.Items.Keys.ShouldBe(["b", "a", "d.e"]);
        config.GetConfig("a")!.AsEnumerable().Single().Value.GetInt().ShouldBe(2);
    }

    [Fact]
    public void The_keys_of_a_fallback_are_listed_once()
    {
        Config over = "a = 1";
        Config under = "a = 2, b = 2";

        var entries = over.WithFallback(under).AsEnumerable().ToDictionary(entry => entry.Key, entry => entry.Value.GetInt());

        entries.ShouldBe(new Dictionary<string, int> { ["a"] = 1, ["b"] = 2 }, ignoreOrder: true);
    }

    [Fact]
    public void What_is_missing_gives_the_default()
    {
        Config config = "a { b = 1 }";

        config.HasPath("a.b").ShouldBeTrue();
        config.HasPath("a.c").ShouldBeFalse();
        config.HasPath("a.b.c").ShouldBeFalse();
        config.GetString("x").ShouldBeNull();
        config.GetString("x", "y").ShouldBe("y");
        config.GetInt("x").ShouldBe(0);
        config.GetInt("x", 7).ShouldBe(7);
        config.GetLong("x", 7).ShouldBe(7);
        config.GetDouble("x", 0.5).ShouldBe(0.5);
        config.GetBoolean("x", true).ShouldBeTrue();
        config.GetTimeSpan("x").ShouldBe(TimeSpan.Zero);
        config.GetTimeSpan("x", TimeSpan.FromSeconds(3)).ShouldBe(TimeSpan.FromSeconds(3));
        config.GetByteSize("x").ShouldBeNull();
        config.GetByteSize("x", 5).ShouldBe(5);
        config.GetStringList("x").ShouldBeEmpty();
        config.GetStringList("x", ["y"]).ShouldBe(["y"]);
        config.GetConfig("x")!.ShouldBeNull();
        config.GetValue("x")!.ShouldBeNull();
    }

    [Fact]
    public void A_config_made_of_nothing_has_no_paths_to_ask_for()
    {
        var config = new Config();

        config.IsEmpty.ShouldBeTrue();
        Should.Throw<InvalidOperationException>(() => config.HasPath("a"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  \n")]
    [InlineData("# only a comment\n")]
    [InlineData("{}")]
    public void A_text_without_entries_is_empty(string hocon)
    {
        ConfigurationFactory.ParseString(hocon).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void A_section_is_written_out_with_a_key_a_line()
    {
        var config = ConfigurationFactory.ParseString("a = 1\nb { c = two words }");

        var lines = config.ToString().Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0);

        lines.ShouldBe(["a : 1", "b : {", "c : \"two words\"", "}"]);
    }

    [Fact]
    public void What_a_fallback_adds_is_written_out_only_when_asked_for()
    {
        Config over = "a = 1";
        Config under = "b = 2";

        var config = over.WithFallback(under);

        config.ToString().ShouldNotContain("b : 2");
        config.ToString(includeFallback: false).ShouldNotContain("b : 2");
        config.ToString(includeFallback: true).ShouldContain("b : 2");
    }

    [Fact]
    public void A_value_can_be_set_behind_a_key_of_its_own()
    {
        Config config = "a { b = 1 }";

        config.GetValue("a")!.AtKey("x").GetInt("x.b").ShouldBe(1);
        config.GetValue("a")!.ToConfig().GetInt("b").ShouldBe(1);
    }
}
