using System.Globalization;
using System.Text;
using FraudStreams.RateLimiting;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace FraudStreams.Cli.Live;

/// <summary>Draws a snapshot: as a table for a terminal, or as one plain line.</summary>
public static class LiveTable
{
    const string None = "–";

    /// <summary>Columns of a terminal that the roomy table needs with totals of nine digits.</summary>
    const int Roomy = 78;

    /// <param name="recent">Lines below the table, the newest last: alerts and log lines.</param>
    /// <param name="width">Columns of the terminal. A row of the table and a line below it are one line each, whatever the width.</param>
    public static IRenderable Render(PipelineStats snapshot, RecentLines recent, int width)
    {
        var isNarrow = width < Roomy;
        var table = new Table { Border = isNarrow ? TableBorder.None : TableBorder.Rounded, Title = new TableTitle(Cut($"FraudStreams, running {Clock(snapshot.Running)}", width)) };
        table.AddColumn(new TableColumn("stage").NoWrap());
        foreach (var column in new[] { isNarrow ? "/s" : "per second", "total", "lag", "speed" })
            table.AddColumn(new TableColumn(column).RightAligned().NoWrap());
        var (totals, rates) = (snapshot.Totals, snapshot.PerSecond);
        Row("produced", rates.Transactions, totals.Transactions, null, snapshot.Speed1);
        Row("scored", rates.Scored, totals.Scored, snapshot.LagOf("score"), snapshot.Speed2);
        Row("stored", rates.Stored, totals.Stored, snapshot.LagOf("store"), snapshot.Speed3);
        Row("predicted frauds", rates.PredictedFrauds, totals.PredictedFrauds, null, null);
        Row("alerts", rates.Alerted, totals.Alerted, snapshot.LagOf("alert"), null);
        Row("rejected", rates.Rejected, totals.Rejected, null, null);

        // No caption: the table would break it to its own width.
        var model = new Text(Cut($"model {snapshot.ModelVersion ?? None}", width), new Style(decoration: Decoration.Italic));
        var alerts = recent.Alerts.Select(line => new Text(Cut($"! {line}", width), new Style(Color.Red)));
        var logs = recent.Logs.Select(line => new Text(Cut(line, width), new Style(Color.Grey)));
        Text[] address = recent.Address is null ? [] : [new Text(Cut($"page {recent.Address}", width), new Style(decoration: Decoration.Bold))];
        return new Rows([table, model, .. address, .. alerts, .. logs]);

        void Row(string stage, double rate, long total, long? lag, Rate? speed) =>
            table.AddRow(stage, Number(rate), Number(total), lag is { } known ? Number(known) : None, speed?.ToString() ?? None);
    }

    /// <summary>As much of a line as a terminal shows without breaking it, with an ellipsis where it is cut.</summary>
    public static string Cut(string line, int width)
    {
        line = line.ReplaceLineEndings(" ");
        if (new Segment(line).CellCount() <= width)
            return line;
        var cut = new StringBuilder();
        var left = width - 1;
        foreach (var rune in line.EnumerateRunes())
        {
            left -= new Segment(rune.ToString()).CellCount();
            if (left < 0)
                break;
            cut.Append(rune);
        }

        return cut.Append('…').ToString();
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
