using System.Collections.Immutable;
using FraudStreams.Alerting;
using FraudStreams.Cli.Live;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.RateLimiting;
using FraudStreams.Topics;
using Shouldly;
using Spectre.Console;
using Xunit;

namespace FraudStreams.Tests.Cli.Live;

[Trait("Category", "Unit")]
public sealed class StreamConsoleTests : IDisposable
{
    readonly ManualTime _time = new();
    readonly StringWriter _text = new();
    readonly StreamMetrics _metrics = new();
    readonly DeliveredAlerts _alerts = new();
    readonly MetricTotals _totals;
    readonly PipelineRates _speeds;
    readonly RateSampler _meter;

    public StreamConsoleTests()
    {
        _speeds = new PipelineRates(Rate.Unlimited, Rate.Unlimited, Rate.Unlimited, _time);
        _totals = new MetricTotals(_metrics);
        _meter = new RateSampler(_totals, _speeds, () => Task.FromResult(ImmutableArray<GroupLag>.Empty), _time);
    }

    public void Dispose()
    {
        _speeds.Dispose();
        _totals.Dispose();
        _metrics.Dispose();
        _text.Dispose();
    }

    [Fact]
    public async Task Without_a_terminal_alerts_logs_and_totals_are_plain_lines()
    {
        await using (var console = new StreamConsole(Terminal(), live: false, TimeSpan.FromSeconds(5), _time))
        {
            console.Log("starting");
            console.Show(_alerts, _meter);
            _alerts.Publish("at [red]Heron[/]");
            _metrics.Sent(TopicNames.Transactions, 10);
            Lines.ShouldBe(["starting", "ALERT  at [red]Heron[/]"]);
            _time.Advance(TimeSpan.FromSeconds(5));
            await Eventually.TrueAsync(() => Lines.Length == 3);
            console.Log("Pipeline store failed");
        }

        Lines.Length.ShouldBe(5);
        Lines[2].ShouldStartWith("0:00:05  produced 10 (2.0/s)");
        Lines[3].ShouldBe("Pipeline store failed");
        Lines[4].ShouldStartWith("0:00:05  produced 10");
    }

    [Fact]
    public async Task With_a_terminal_alerts_and_logs_are_shown_below_the_table()
    {
        await using (var console = new StreamConsole(Terminal(), live: true, TimeSpan.FromSeconds(5), _time))
        {
            console.Show(_alerts, _meter);
            _alerts.Publish("at Heron");
            console.Log("Pipeline store failed");
            _metrics.Stored(77);
        }

        var lines = Lines.Select(line => line.TrimEnd()).ToList();
        lines.ShouldContain(line => line.Contains("stored") && line.Contains("77"));
        lines[^2..].ShouldBe(["! at Heron", "Pipeline store failed"]);
    }

    [Fact]
    public async Task What_is_logged_after_the_end_is_a_plain_line()
    {
        var console = new StreamConsole(Terminal(), live: true, TimeSpan.FromSeconds(5), _time);
        console.Show(_alerts, _meter);
        await console.DisposeAsync();

        console.Log("stopped");

        Lines[^1].ShouldBe("stopped");
    }

    string[] Lines
    {
        get
        {
            lock (_text)
                return _text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
    }

    IAnsiConsole Terminal()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(TextWriter.Synchronized(_text)),
        });
        console.Profile.Width = 120;
        return console;
    }
}
