using FraudStreams.Cli.Live;
using FraudStreams.Messaging;
using FraudStreams.RateLimiting;
using Shouldly;
using Spectre.Console;
using Xunit;

namespace FraudStreams.Tests.Cli.Live;

[Trait("Category", "Unit")]
public sealed class LiveTableTests
{
    static readonly PipelineStats Snapshot = new(
        new TimeSpan(1, 2, 3),
        new StreamTotals(12_345, 12_000, 34, 5, 11_000, 33),
        new StreamRates(200, 199.6, 0.5, 0, 180, 0.4),
        [new GroupLag("score", "transactions", 12_005, 340), new GroupLag("store", "predictions", 11_000, 1_000)],
        Rate.Of(200), Rate.Unlimited, Rate.Of(180), "20260101-120000");

    [Fact]
    public void Shows_rate_and_total_of_each_stage_lags_speeds_and_the_model()
    {
        var lines = Render(Snapshot, new RecentLines());

        lines.ShouldContain(line => line.Contains("running 1:02:03"));
        Cells(lines, "produced").ShouldBe(["produced", "200", "12,345", "–", "200/s"]);
        Cells(lines, "scored").ShouldBe(["scored", "200", "12,000", "340", "unlimited"]);
        Cells(lines, "stored").ShouldBe(["stored", "180", "11,000", "1,000", "180/s"]);
        Cells(lines, "predicted frauds").ShouldBe(["predicted frauds", "0.5", "34", "–", "–"]);
        Cells(lines, "alerts").ShouldBe(["alerts", "0.4", "33", "–", "–"]);
        Cells(lines, "rejected").ShouldBe(["rejected", "0", "5", "–", "–"]);
        lines.ShouldContain(line => line.Contains("model 20260101-120000"));
    }

    [Fact]
    public void Shows_the_last_alerts_and_log_lines_without_their_markup()
    {
        var recent = new RecentLines(alerts: 2, logs: 1);
        foreach (var merchant in new[] { "first", "[red]second[/]", "[third" })
            recent.AddAlert($"at {merchant}");
        recent.AddLog("old");
        recent.AddLog("Pipeline store failed");

        var lines = Render(Snapshot, recent);

        lines[^3..].ShouldBe(["! at [red]second[/]", "! at [third", "Pipeline store failed"]);
    }

    [Fact]
    public void The_plain_line_says_the_same()
    {
        LiveTable.Line(Snapshot).ShouldBe(
            "1:02:03  produced 12,345 (200/s), scored 12,000 (200/s), stored 11,000 (180/s), predicted frauds 34, alerts 33, rejected 5; " +
            "lag score 340, store 1,000; model 20260101-120000");
    }

    static string[] Cells(List<string> lines, string stage) =>
        lines.Single(line => line.StartsWith($"│ {stage} ", StringComparison.Ordinal)).Split('│', StringSplitOptions.TrimEntries)[1..^1];

    /// <summary>Totals of nine digits, a long model name and long lines below: one line each, and none over the width.</summary>
    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(77)]
    [InlineData(78)]
    [InlineData(200)]
    public void No_line_is_longer_than_the_terminal_is_wide(int width)
    {
        var many = Snapshot with { Totals = new StreamTotals(123_456_789, 123_456_789, 1_234_567, 0, 123_456_789, 1_234_567), ModelVersion = new string('m', 100) };
        var recent = new RecentLines();
        recent.AddAlert($"a card 日本 {new string('x', 300)}\nbroken");
        recent.AddLog(string.Join(' ', Enumerable.Repeat("word", 100)));

        var lines = Render(many, recent, width);

        lines.ShouldAllBe(line => line.Length <= width);
        lines[^2].ShouldStartWith("! a card");
        lines[^2].ShouldEndWith("…");
        lines[^1].ShouldStartWith("word word");
        if (width >= 60)
            lines.Count.ShouldBeLessThanOrEqualTo(14);
    }

    [Theory]
    [InlineData("abcdef", 6, "abcdef")]
    [InlineData("abcdefg", 6, "abcde…")]
    [InlineData("日本語", 6, "日本語")]
    [InlineData("日本語!", 6, "日本…")]
    [InlineData("a\nb", 6, "a b")]
    public void A_line_is_cut_to_the_columns_that_it_takes(string line, int width, string cut) => LiveTable.Cut(line, width).ShouldBe(cut);

    static List<string> Render(PipelineStats snapshot, RecentLines recent, int width = 120)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = width;
        console.Profile.Capabilities.Unicode = true;
        console.Write(LiveTable.Render(snapshot, recent, width));
        return [.. text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd())];
    }
}
