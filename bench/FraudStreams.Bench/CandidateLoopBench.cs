using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using FraudStreams.Configuration;
using FraudStreams.Model.Json;
using FraudStreams.Model.Reports;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Pipelines;
using FraudStreams.Simulation;
using FraudStreams.Tests;
using FraudStreams.Tests.Candidates;
using Microsoft.Extensions.Logging.Abstractions;

namespace FraudStreams.Bench;

/// <summary>
/// The candidate loop over months of a data set, in event time, beside the first model, which is never trained again: average precision by week, as CSV and as
/// an SVG chart. <c>… -- loop payments.csv schema folder [learnt-days=14] [days=180] [key=value …]</c>; the settings are those of the program.
/// </summary>
static class CandidateLoopBench
{
    const int DaysAPoint = 7;

    public static async Task RunAsync(string csv, string schemaName, string folder, string[] options)
    {
        var given = options.Where(option => !option.Contains('.')).Select(option => option.Split('=', 2)).ToDictionary(option => option[0], option => int.Parse(option[1], CultureInfo.InvariantCulture));
        var (learnt, days) = (given.GetValueOrDefault("learnt-days", 14), given.GetValueOrDefault("days", 180));
        Directory.CreateDirectory(folder);
        var schema = SchemaFile.Read(schemaName);
        var settings = FraudSettings.From(new ConfigLayers(
            set: ["models.promotion=automatic", "models.gate.every=1d", "models.retrain.every=14d", .. options.Where(option => option.Contains('.'))],
            environment: new Dictionary<string, string>(), directory: folder).Load()) with
        {
            DataDirectory = folder,
        };
        using var byDay = Days(csv, schema).GetEnumerator();
        var first = new List<SimulatedPayment>();
        for (var day = 0; day < learnt && byDay.MoveNext(); day++)
            first.AddRange(byDay.Current);
        var time = new ManualTime { Start = first[^1].Time };
        await using var stream = new SimulatedStream(folder, schema, settings, StreamTopics.OpenRegistry(settings, NullLogger.Instance, time), time);
        await stream.StartAsync(first);
        var (start, started, written) = (first[^1].Time, Stopwatch.GetTimestamp(), 0);
        for (var day = 0; day < days && byDay.MoveNext(); day++)
        {
            await stream.PlayAsync(byDay.Current);
            foreach (var entry in stream.State.History.Skip(written))
                Console.WriteLine($"{(time.GetUtcNow() - start).TotalDays,6:0.0}  {entry.Action} {entry.Version}  {entry.Why}");
            written = stream.State.History.Count;
        }

        var points = Points(stream, start);
        var text = new StringBuilder("day,frauds,average_precision,never_retrained\n");
        foreach (var point in points)
            text.Append(CultureInfo.InvariantCulture, $"{point.Day},{point.Frauds},{point.Loop:0.0000},{point.First:0.0000}\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "loop.csv"), text.ToString());
        await File.WriteAllTextAsync(Path.Combine(folder, "loop.svg"), Chart(points, [.. stream.State.History.Where(entry => entry is { Action: RegistryAction.Promoted, Gate: not null }).Select(entry => (entry.At - start).TotalDays)]));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{stream.Decided.Count:N0} payments in {points.Count} weeks: average precision of the loop {points.Average(point => point.Loop):0.000}, of the model that is never retrained {points.Average(point => point.First):0.000} (means over weeks); {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s; loop.csv and loop.svg are in {folder}"));
    }

    static List<(double Day, int Frauds, double Loop, double First)> Points(SimulatedStream stream, DateTimeOffset start)
    {
        var points = new List<(double, int, double, double)>();
        for (var from = start; from < stream.Decided[^1].Time; from = from.AddDays(DaysAPoint))
        {
            if (stream.Measure(from, from.AddDays(DaysAPoint)) is var (loop, first, frauds))
                points.Add(((from - start).TotalDays + DaysAPoint, frauds, loop, first));
        }

        return points;
    }

    /// <summary>The payments of a file, day by day of event time.</summary>
    static IEnumerable<IReadOnlyList<SimulatedPayment>> Days(string csv, TransactionSchema schema)
    {
        using var feed = new CsvFeed(csv, schema);
        var (day, json) = (new List<SimulatedPayment>(), new ArrayBufferWriter<byte>(1024));
        using var rows = new TransactionRows(schema, 1);
        var reader = new TransactionReader(schema);
        for (; feed.TryRead(json); json.ResetWrittenCount())
        {
            rows.Clear();
            if (reader.Read(json.WrittenSpan, rows) is not null)
                continue;
            var time = DateTimeOffset.FromUnixTimeMilliseconds(rows.EventTime(0));
            if (day.Count > 0 && time.UtcDateTime.Date > day[^1].Time.UtcDateTime.Date)
            {
                yield return day;
                day = [];
            }

            day.Add(new SimulatedPayment(time, rows.Label(0) == true, json.WrittenSpan.ToArray()));
        }

        if (day.Count > 0)
            yield return day;
    }

    static string Chart(List<(double Day, int Frauds, double Loop, double First)> points, double[] promotions) => new LineChart(
        "Average precision by week: the candidate loop and a model that is never retrained", new ChartAxis("days since the first model; dashed: a promotion"),
        new ChartAxis("average precision of the week") { To = 1 },
        [
            new LineSeries("never retrained", [.. points.Select(point => new ChartPoint(point.Day, point.First))]) { IsDashed = true },
            new LineSeries("candidate loop", [.. points.Select(point => new ChartPoint(point.Day, point.Loop))]),
        ])
    {
        Marks = [.. promotions.Select(day => new ChartMark(day, ""))],
    }.ToSvgFile();
}
