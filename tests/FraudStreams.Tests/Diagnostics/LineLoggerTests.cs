using System.Text.Json;
using FraudStreams.Diagnostics;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Diagnostics;

[Trait("Category", "Unit")]
public sealed class LineLoggerTests
{
    readonly List<string> _lines = [];

    [Fact]
    public void For_people_an_event_is_one_line_with_its_time_and_level()
    {
        Log(LogFormat.Human).LogWarning(new IOException("first\nsecond"), "Partition {Partition} waits", 3);

        _lines.ShouldBe(["03:04:05  WARNING  Partition 3 waits: first second"]);
    }

    [Fact]
    public void As_JSON_an_event_has_its_values_by_name()
    {
        Log(LogFormat.Json).LogInformation("Lag of {Group} is {Lag}, {Share:0.0}", "store", 12L, 0.25);

        using var json = JsonDocument.Parse(_lines.ShouldHaveSingleItem());
        var root = json.RootElement;
        root.GetProperty("time").GetDateTimeOffset().ShouldBe(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        root.GetProperty("level").GetString().ShouldBe("info");
        root.GetProperty("category").GetString().ShouldBe("FraudStreams.Test");
        root.GetProperty("message").GetString().ShouldBe("Lag of store is 12, 0.3");
        root.GetProperty("values").GetProperty("Group").GetString().ShouldBe("store");
        root.GetProperty("values").GetProperty("Lag").GetInt64().ShouldBe(12);
        root.GetProperty("values").GetProperty("Share").GetDouble().ShouldBe(0.25);
    }

    ILogger Log(LogFormat format) => new LineLoggerProvider(_lines.Add, format, new ManualTime()).CreateLogger("FraudStreams.Test");
}
