using System.Collections.Immutable;

namespace FraudStreams.Cli.Live;

/// <summary>The last few alerts and log lines, for the part of the screen below the table.</summary>
public sealed class RecentLines(int alerts = 5, int logs = 4)
{
    ImmutableQueue<string> _alerts = [];
    ImmutableQueue<string> _logs = [];

    /// <summary>Where the page is; null where there is none.</summary>
    public string? Address { get; set; }

    public IEnumerable<string> Alerts => _alerts;

    public IEnumerable<string> Logs => _logs;

    public void AddAlert(string line) => ImmutableInterlocked.Update(ref _alerts, Push, (line, alerts));

    public void AddLog(string line) => ImmutableInterlocked.Update(ref _logs, Push, (line, logs));

    static ImmutableQueue<string> Push(ImmutableQueue<string> lines, (string Line, int Most) next)
    {
        lines = lines.Enqueue(next.Line);
        return lines.Count() > next.Most ? lines.Dequeue() : lines;
    }
}
