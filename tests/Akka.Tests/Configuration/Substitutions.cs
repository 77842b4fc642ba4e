using Akka.Configuration;
using Shouldly;
using Xunit;

namespace Akka.Tests.Configuration;

public sealed class Substitutions
{
    [Fact]
    public void A_substitution_has_the_value_of_its_path()
    {
        var config = ConfigurationFactory.ParseString("a.b = 1\nc = ${a.b}\nd { e = ${c} }");

        config.GetInt("c").ShouldBe(1);
        config.GetInt("d.e").ShouldBe(1);
    }

    [Fact]
    public void It_may_stand_before_what_it_names_and_takes_the_last_value()
    {
        var config = ConfigurationFactory.ParseString("a = ${b}\nb = 1\nb = 2");

        config.GetInt("a").ShouldBe(2);
    }

    [Fact]
    public void It_joins_the_text_around_it()
    {
        var config = ConfigurationFactory.ParseString("""
            dir = /var/data
            file = ${dir}/topics.db
            said = "in "${dir}" now"
            """);

        config.GetString("file").ShouldBe("/var/data/topics.db");
        config.GetString("said").ShouldBe("in /var/data now");
    }

    [Fact]
    public void It_stands_for_lists_and_objects_too()
    {
        var config = ConfigurationFactory.ParseString("""
            list = [1, 2]
            longer = ${list} [3]
            object { x = 1, y { z = 2 } }
            same = ${object}
            inside = [${list}, 4]
            """);

        config.GetIntList("longer").ShouldBe([1, 2, 3]);
        config.GetInt("same.y.z").ShouldBe(2);
        config.GetValue("inside")!.GetArray()[0].GetIntList().ShouldBe([1, 2]);
    }

    [Fact]
    public void It_looks_from_the_top_of_its_text_not_from_where_it_stands()
    {
        var config = ConfigurationFactory.ParseString("x = top\na { x = near, y = ${x} }");

        config.GetString("a.y").ShouldBe("top");
    }

    [Fact]
    public void Without_a_value_it_is_refused_with_its_path()
    {
        Should.Throw<FormatException>(() => ConfigurationFactory.ParseString("a = ${b.c}")).Message.ShouldContain("b.c");
    }

    [Fact]
    public void It_does_not_see_the_fallback()
    {
        Config under = "b = 1";

        Should.Throw<FormatException>(() => ConfigurationFactory.ParseString("a = ${b}").WithFallback(under));
    }

    [Fact]
    public void A_value_laid_over_what_it_names_does_not_change_it()
    {
        Config over = "b = over";
        Config under = "a = ${b}, b = under";

        var config = over.WithFallback(under);

        config.GetString("a").ShouldBe("under");
        config.GetString("b").ShouldBe("over");
    }

    [Fact]
    public void The_environment_is_not_asked()
    {
        Environment.SetEnvironmentVariable("AKKA_TESTS_SUBSTITUTION", "set");

        Should.Throw<FormatException>(() => ConfigurationFactory.ParseString("a = ${AKKA_TESTS_SUBSTITUTION}"));
    }

    [Fact]
    public void It_can_be_overridden()
    {
        var config = ConfigurationFactory.ParseString("a = ${b}\na = 2\nb = 1");

        config.GetInt("a").ShouldBe(2);
    }

    [Fact]
    public void An_object_after_a_substitution_replaces_it()
    {
        var config = ConfigurationFactory.ParseString("base { x = 1 }\na = ${base} { y = 2 }");

        config.GetInt("a.y").ShouldBe(2);
        config.HasPath("a.x").ShouldBeFalse();
    }
}
