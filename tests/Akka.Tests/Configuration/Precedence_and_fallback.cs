using Akka.Configuration;
using Shouldly;
using Xunit;

namespace Akka.Tests.Configuration;

public sealed class Precedence_and_fallback
{
    [Fact]
    public void The_last_of_two_values_counts()
    {
        var config = ConfigurationFactory.ParseString("a = 1\na = 2");

        config.GetInt("a").ShouldBe(2);
    }

    [Fact]
    public void An_object_said_twice_is_merged_however_it_is_written()
    {
        var config = ConfigurationFactory.ParseString("""
            a { b = 1, c { d = 2 } }
            a = { c.e = 3 }
            a.c.d = 4
            """);

        config.GetInt("a.b").ShouldBe(1);
        config.GetInt("a.c.d").ShouldBe(4);
        config.GetInt("a.c.e").ShouldBe(3);
    }

    [Fact]
    public void A_value_replaces_an_object_and_an_object_a_value()
    {
        var config = ConfigurationFactory.ParseString("""
            a { b = 1 }
            a = gone
            c = 1
            c { d = 2 }
            """);

        config.GetString("a").ShouldBe("gone");
        config.HasPath("a.b").ShouldBeFalse();
        config.GetInt("c.d").ShouldBe(2);
    }

    [Fact]
    public void A_list_replaces_a_list()
    {
        var config = ConfigurationFactory.ParseString("a = [1, 2]\na = [3]");

        config.GetIntList("a").ShouldBe([3]);
    }

    [Fact]
    public void What_is_missing_comes_from_the_fallback()
    {
        Config over = "a { b = over }\nlist = [1]";
        Config under = "a { b = under, c = under }\nlist = [2, 3], only = under";

        var config = over.WithFallback(under);

        config.GetString("a.b").ShouldBe("over");
        config.GetString("a.c").ShouldBe("under");
        config.GetString("only").ShouldBe("under");
        config.GetIntList("list").ShouldBe([1]);
    }

    [Fact]
    public void A_fallback_of_a_fallback_is_asked_last()
    {
        var config = ConfigurationFactory.ParseString("a = 1")
            .WithFallback(ConfigurationFactory.ParseString("a = 2, b = 2"))
            .WithFallback(ConfigurationFactory.ParseString("a = 3, b = 3, c = 3"));

        config.GetInt("a").ShouldBe(1);
        config.GetInt("b").ShouldBe(2);
        config.GetInt("c").ShouldBe(3);
    }

    [Fact]
    public void A_section_carries_its_part_of_the_fallback()
    {
        Config over = "a { b { c = over } }";
        Config under = "a { b { c = under, d = under } }";

        var section = over.WithFallback(under).GetConfig("a.b")!;

        section.GetString("c").ShouldBe("over");
        section.GetString("d").ShouldBe("under");
        section.WithFallback("e = later").GetString("e").ShouldBe("later");
    }

    [Fact]
    public void A_section_that_only_the_fallback_has_is_found()
    {
        Config over = "a = 1";
        Config under = "b { c = 2 }";

        over.WithFallback(under).GetConfig("b")!.GetInt("c").ShouldBe(2);
    }

    [Fact]
    public void Neither_side_of_a_fallback_is_changed()
    {
        Config over = "a { b = over }";
        Config under = "a { b = under, c = under }";

        over.WithFallback(under);

        over.HasPath("a.c").ShouldBeFalse();
        under.GetString("a.b").ShouldBe("under");
    }

    [Fact]
    public void A_value_over_an_object_hides_it()
    {
        Config over = "a = plain";
        Config under = "a { b = 1 }";

        var config = over.WithFallback(under);

        config.GetString("a").ShouldBe("plain");
        config.HasPath("a.b").ShouldBeFalse();
    }

    [Fact]
    public void An_empty_config_gives_way_to_its_fallback()
    {
        Config under = "a = 1";

        Config.Empty.WithFallback(under).ShouldBeSameAs(under);
        under.WithFallback(null).ShouldBeSameAs(under);
        under.WithFallback(Config.Empty).GetInt("a").ShouldBe(1);
    }

    [Fact]
    public void A_config_is_not_its_own_fallback()
    {
        Config config = "a = 1";

        Should.Throw<ArgumentException>(() => config.WithFallback(config));
    }

    [Fact]
    public void A_null_config_falls_back_too()
    {
        Config under = "a = 1";

        ((Config)null!).SafeWithFallback(under).ShouldBeSameAs(under);
        under.SafeWithFallback(under).ShouldBeSameAs(under);
        ((Config)null!).IsNullOrEmpty().ShouldBeTrue();
        Config.Empty.IsNullOrEmpty().ShouldBeTrue();
        under.IsNullOrEmpty().ShouldBeFalse();
    }

    [Fact]
    public void Text_and_config_add_up_with_the_left_before_the_right()
    {
        Config config = "a = left";

        (config + "a = right, b = right").GetString("a").ShouldBe("left");
        (config + "a = right, b = right").GetString("b").ShouldBe("right");
        ("a = text" + config).GetString("a").ShouldBe("text");
    }
}
