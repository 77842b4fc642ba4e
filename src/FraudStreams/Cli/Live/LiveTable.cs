using System.Globalization;
using FraudStreams.RateLimiting;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace FraudStreams.Cli.Live;

/// <summary>Draws a snapshot: as a table for a terminal, or as one plain line.</summary>
public static class LiveTable
{
    const string None = "–";

    /// <param name="recent">Lines below the table, the newest last: alerts and log lines.</param>
    public static IRenderable Render(PipelineStats snapshot, RecentLines recent)
    {
        var table = new Table { Border = TableBorder.Rounded, Title = new TableTitle($"FraudStreams, running {Clock(snapshot.Running)}") };
        table.AddColumn("stage");
        foreach (var column in new[] { "per second", "total", "lag", "speed" })
            table.AddColumn(new TableColumn(column).RightAligned());
        var (totals, rates) = (snapshot.Totals, snapshot.PerSecond);
        Row("produced", rates.Transactions, totals.Transactions, null, snapshot.Speed1);
        Row("scored", rates.Scored, totals.Scored, snapshot.LagOf("score"), snapshot.Speed2);
        Row("stored", rates.Stored, totals.Stored, snapshot.LagOf("store"), snapshot.Speed3);
        Row("predicted frauds", rates.PredictedFrauds, totals.PredictedFrauds, null, null);
        Row("alerts", rates.Alerted, totals.Alerted, snapshot.LagOf("alert"), null);
        Row("rejected", rates.Rejected, totals.Rejected, null, null);
        table.Caption = new TableTitle($"model {snapshot.ModelVersion ?? None}");

        var alerts = recent.Alerts.Select(line => new Text($"! {line}", new Style(Color.Red)) { Overflow = Overflow.Ellipsis });
        var logs = recent.Logs.Select(line => new Text(line, new Style(Color.Grey)) { Overflow = Overflow.Ellipsis });
        return new Rows([table, .. alerts, .. logs]);

        void Row(string stage, double rate, long total, long? lag, Rate? speed) =>
            table.AddRow(stage, Number(rate), Number(total), lag is { } known ? Number(known) : None, speed?.ToString() ?? None);
    }

    /// <summary>The same on one line, for logs.</summary>
    public static string Line(PipelineStats snapshot)
    {
        var (totals, rates) = (snapshot.Totals, snapshot.PerSecond);
        var lags = snapshot.Groups.Length == 0 ? "" : $"; lag {string.Join(", ", snapshot.Groups.Select(lag => $"{lag.Group} {Number(lag.Lag)}"))}";
        return
            $"{Clock(snapshot.Running)}  produced {Number(totals.Transactions)} ({Number(rates.Transactions)}/s), scored {Number(totals.Scored)} " +
            $"({Number(rates.Scored)}/s), stored {Number(totals.Stored)} ({Number(rates.Stored)}/s), predicted frauds {Number(totals.PredictedFrauds)}, " +
            $"alerts {Number(totals.Alerted)}, rejected {Number(totals.Rejected)}{lags}; model {snapshot.ModelVersion ?? None}";
    }

    static string Number(double value) => value.ToString(value is > 0 and < 10 ? "0.0" : "N0", CultureInfo.InvariantCulture);

    static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    static string Clock(TimeSpan time) => $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}";
}
