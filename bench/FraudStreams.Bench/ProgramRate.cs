using System.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Sqlite;
using FraudStreams.Topics;

namespace FraudStreams.Bench;

/// <summary>How fast a published program gets from a file to predictions and the store, and what it takes.</summary>
static class ProgramRate
{
    public static double Median(IEnumerable<double> values) => values.Order().ToArray() is var sorted ? sorted[sorted.Length / 2] : 0;

    /// <summary>Predictions a second from the first quarter of the payments on: starts of the process and of its web server do not count. And its seconds of CPU, in which they do.</summary>
    /// <param name="options">Further options of `run`.</param>
    /// <param name="beside">Begun with the process, which it is given; ends by itself after it.</param>
    public static async Task<(double Rate, double Cpu)> MeasureAsync(string program, string csv, string model, string data, string[] options, Func<Process, Task>? beside = null)
    {
        SpineBench.InstallModel(model, data);
        string[] arguments = ["run", "--input", csv, "--until-drained", "--data", data, "--set", "topics.partitions=1", .. options];
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var besides = beside?.Invoke(process) ?? Task.CompletedTask;
        var output = process.StandardOutput.ReadToEndAsync();
        var cpu = TimeSpan.Zero;
        while (!process.WaitForExit(0))
        {
            (_, cpu) = SpineBench.Sample(process, 0, cpu);
            await Task.Delay(20);
        }

        await besides;
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await output}");
        using var file = SqliteFile.Open(Path.Combine(data, "topics.db"), SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        var predictions = LogFile.Table(new TopicPartition(TopicNames.Predictions, 0));
        var last = file.QueryLong($"""SELECT max("offset") FROM {predictions}""");
        var from = last / 4;
        var milliseconds = file.QueryLong($"""SELECT time FROM {predictions} WHERE "offset" = {last}""") - file.QueryLong($"""SELECT time FROM {predictions} WHERE "offset" = {from}""");
        file.Dispose();
        Directory.Delete(data, recursive: true);
        return ((last - from) * 1000.0 / milliseconds, cpu.TotalSeconds);
    }
}
