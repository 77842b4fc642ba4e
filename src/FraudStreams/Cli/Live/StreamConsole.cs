using FraudStreams.Alerting;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace FraudStreams.Cli.Live;

/// <summary>
/// What a person sees of a running stream. On a terminal: a table that is drawn again each second, with the last alerts and log lines
/// below it, so that nothing is written across it. Elsewhere: plain lines, one for each alert and log line as it comes and one of totals
/// every few seconds.
/// </summary>
public sealed class StreamConsole : IAsyncDisposable
{
    /// <summary>The screen, not what was scrolled out of it.</summary>
    const string ClearScreen = "\u001b[2J\u001b[H";

    static readonly TimeSpan LiveEvery = TimeSpan.FromSeconds(1);

    readonly IAnsiConsole _console;
    readonly bool _live;
    readonly TimeSpan _every;
    readonly TimeProvider _time;
    readonly RecentLines _recent = new();
    readonly Lock _writing = new();
    readonly CancellationTokenSource _end = new();
    DeliveredAlerts? _alerts;
    ILogger? _structured;
    Task _drawing = Task.CompletedTask;

    /// <param name="console">Where to write.</param>
    /// <param name="live">A table that is drawn again and again; false for plain lines.</param>
    /// <param name="logEvery">Time between plain lines of totals.</param>
    public StreamConsole(IAnsiConsole console, bool live, TimeSpan logEvery, TimeProvider time)
    {
        _console = console;
        _live = live;
        _every = live ? LiveEvery : logEvery;
        _time = time;
    }

    bool Drawing => _live && !_drawing.IsCompleted;

    /// <summary>Shows the stream from now on until this is disposed.</summary>
    /// <param name="structured">Logs alerts and totals with their values; null writes them as lines for people.</param>
    public void Show(DeliveredAlerts alerts, RateSampler sampler, ILogger? structured = null)
    {
        (_alerts, _structured) = (alerts, structured);
        alerts.Delivered += OnAlert;
        _drawing = _live ? DrawAsync(sampler) : WriteAsync(sampler);
    }

    /// <summary>Where the page is; null where there is none. Before <see cref="Show"/>.</summary>
    public void ShowAddress(string? address)
    {
        _recent.Address = address;
        if (!_live && address is not null)
            WriteLine($"Page: {address}");
    }

    /// <summary>Shows one line of a log: below the table while there is one, else as a line of its own. Any thread may call.</summary>
    public void Log(string line)
    {
        if (Drawing)
            _recent.AddLog(line);
        else
            WriteLine(line);
    }

    /// <summary>Draws the last state, which stays on the screen, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _drawing;
        _alerts?.Delivered -= OnAlert;
        _end.Dispose();
    }

    void OnAlert(string line)
    {
        if (_structured is not null)
            _structured.LogInformation("Alert: {Alert}", line);
        else if (Drawing)
            _recent.AddAlert(line);
        else
            WriteLine($"ALERT  {line}", isCut: true);
    }

    Task DrawAsync(RateSampler sampler) => _console.Live(new Text("")).StartAsync(async screen =>
    {
        var drawn = _console.Profile.Width;
        await foreach (var snapshot in SnapshotsAsync(sampler))
        {
            // A terminal that was made narrower has broken what was drawn into more lines than are taken back.
            var width = _console.Profile.Width;
            if (width != drawn)
                _console.Write(new ControlCode(ClearScreen));
            drawn = width;
            screen.UpdateTarget(LiveTable.Render(snapshot, _recent, width));
            screen.Refresh();
        }
    });

    async Task WriteAsync(RateSampler sampler)
    {
        await foreach (var snapshot in SnapshotsAsync(sampler))
        {
            if (_structured is null)
                WriteLine(LiveTable.Line(snapshot));
            else
                LogTotals(_structured, snapshot);
        }
    }

    static void LogTotals(ILogger log, PipelineStats stats)
    {
        var totals = stats.Totals;
        log.LogInformation(
            "Running for {Seconds} s: {Produced} produced, {Scored} scored, {Stored} stored, {PredictedFrauds} predicted frauds, {Alerts} alerts, {Rejected} rejected; model {Model}",
            (long)stats.Running.TotalSeconds, totals.Transactions, totals.Scored, totals.Stored, totals.PredictedFrauds, totals.Alerted, totals.Rejected, stats.ModelVersion);
    }

    /// <summary>One each period, and a last one at the end.</summary>
    async IAsyncEnumerable<PipelineStats> SnapshotsAsync(RateSampler sampler)
    {
        using var timer = new PeriodicTimer(_every, _time);
        while (await TickAsync(timer))
            yield return await sampler.TakeAsync();
        yield return await sampler.TakeAsync();
    }

    async Task<bool> TickAsync(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(_end.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    // Written as it is: an alert names merchants that a payment's source chose, and brackets in them are no markup.
    void WriteLine(string line, bool isCut = false)
    {
        if (isCut && _console.Profile.Out.IsTerminal)
            line = LiveTable.Cut(line, _console.Profile.Width);
        lock (_writing)
            _console.Profile.Out.Writer.WriteLine(line);
    }
}
