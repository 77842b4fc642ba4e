using Akka.Configuration;
using Shouldly;
using Xunit;

namespace Akka.Tests.Configuration;

public sealed class Lists
{
    [Theory]
    [InlineData("a = [one, two, three]")]
    [InlineData("a = [\"one\", two, three,]")]
    [InlineData("a = [\n  one # comment\n  two\n  three\n]")]
    [InlineData("a = [one] [two, three]")]
    public void A_list_has_its_elements_in_order(string hocon)
    {
        ConfigurationFactory.ParseString(hocon).GetStringList("a").ShouldBe(["one", "two", "three"]);
    }

    [Fact]
    public void An_empty_list_has_none()
    {
        ConfigurationFactory.ParseString("a = []").GetStringList("a").ShouldBeEmpty();
    }

    [Fact]
    public void A_blank_between_the_brackets_or_a_comma_on_its_own_line_is_an_element_without_text()
    {
        ConfigurationFactory.ParseString("a = [ ]").GetStringList("a").ShouldBe([null!]);
        ConfigurationFactory.ParseString("a = [1\n, 2]").GetStringList("a").ShouldBe(["1", null!, "2"]);
    }

    [Fact]
    public void Elements_are_read_as_what_is_asked_for()
    {
        Config config = "numbers = [1, 2], fractions = [0.5, 1], flags = [on, off], words = [a b, c]";

        config.GetIntList("numbers").ShouldBe([1, 2]);
        config.GetLongList("numbers").ShouldBe([1L, 2L]);
        config.GetDoubleList("fractions").ShouldBe([0.5, 1.0]);
        config.GetBooleanList("flags").ShouldBe([true, false]);
        config.GetStringList("words").ShouldBe(["a b", "c"]);
    }

    [Fact]
    public void A_list_may_hold_objects_and_lists()
    {
        Config config = """
            fields = [
              { name = amount, type = number }
              { name = card, type = text, tags = [secret, key] }
            ]
            """;

        var fields = config.GetValue("fields")!.GetArray();

        fields.Select(field => field.GetObject()!.GetKey("name")!.GetString()).ShouldBe(["amount", "card"]);
        fields[1].GetObject()!.GetKey("tags")!.GetStringList().ShouldBe(["secret", "key"]);
        fields[0].ToConfig().GetString("type").ShouldBe("number");
    }

    [Fact]
    public void A_single_value_is_no_list()
    {
        ConfigurationFactory.ParseString("a = one").GetValue("a")!.IsArray().ShouldBeFalse();
    }
}
