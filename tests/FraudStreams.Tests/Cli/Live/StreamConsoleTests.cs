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

    /// <summary>Locks itself while it writes.</summary>
    readonly TextWriter _writer;
    readonly StreamMetrics _metrics = new();
    readonly DeliveredAlerts _alerts = new();
    readonly MetricTotals _totals;
    readonly PipelineRates _speeds;
    readonly RateSampler _meter;

    public StreamConsoleTests()
    {
        _writer = TextWriter.Synchronized(_text);
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_alert_is_cut_to_the_width_of_a_terminal_and_whole_elsewhere(bool isTerminal)
    {
        var console = Terminal(isTerminal, width: 40);
        await using var stream = new StreamConsole(console, live: false, TimeSpan.FromSeconds(5), _time);
        stream.Show(_alerts, _meter);

        _alerts.Publish(new string('x', 200));

        Lines[^1].Length.ShouldBe(isTerminal ? 40 : "ALERT  ".Length + 200);
    }

    /// <summary>What was drawn wider has been broken into more lines by the terminal: the screen is cleared and drawn anew.</summary>
    [Fact]
    public async Task A_terminal_that_was_resized_is_drawn_anew()
    {
        var console = Terminal(isTerminal: true, width: 100);
        await using (var stream = new StreamConsole(console, live: true, TimeSpan.FromSeconds(5), _time))
        {
            stream.Show(_alerts, _meter);
            _time.Advance(TimeSpan.FromSeconds(1));
            await Eventually.TrueAsync(() => Text.Contains("0:00:01", StringComparison.Ordinal));
            Text.ShouldNotContain("\u001b[2J");
            console.Profile.Width = 60;
            _time.Advance(TimeSpan.FromSeconds(1));
            await Eventually.TrueAsync(() => Text.Contains("0:00:02", StringComparison.Ordinal));
        }

        Text.ShouldContain("\u001b[2J");
    }

    string Text
    {
        get
        {
            lock (_writer)
                return _text.ToString();
        }
    }

    string[] Lines
    {
        get
        {
            lock (_writer)
                return _text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
    }

    IAnsiConsole Terminal(bool isTerminal = false, int width = 120)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isTerminal ? AnsiSupport.Yes : AnsiSupport.No,
            Interactive = InteractionSupport.No,
            Out = new Output(_writer, isTerminal),
        });
        console.Profile.Width = width;
        return console;
    }

    sealed class Output(TextWriter writer, bool isTerminal) : IAnsiConsoleOutput
    {
        public TextWriter Writer { get; } = writer;

        public bool IsTerminal { get; } = isTerminal;

        public int Width => 120;

        public int Height => 50;

        public void SetEncoding(System.Text.Encoding encoding)
        {
        }
    }
}
