using System.Diagnostics;
using FraudStreams.Hosting;

namespace FraudStreams.Bench;

/// <summary>
/// The whole program from a file to the database, `run --input payments.csv --until-drained`, against <see cref="ByHand"/>, alternating, each run in
/// its own process. <c>dotnet run -c Release --project bench/FraudStreams.Bench -- spine payments.csv model-folder [rounds]</c>
/// </summary>
static class SpineBench
{
    public static void Run(string csv, string model, string[] rest)
    {
        var rounds = rest is [var text] ? int.Parse(text) : 3;
        var payments = File.ReadLines(csv).Count() - 1;
        var root = Directory.CreateTempSubdirectory("fraudstreams-bench-").FullName;
        var ratios = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            var byHand = Measure("by hand", payments, Path.Combine(root, $"hand-{round}"), model,
                data => [typeof(SpineBench).Assembly.Location, "by-hand", csv, model, data]);
            var stream = Measure("stream", payments, Path.Combine(root, $"stream-{round}"), model,
                data => [typeof(StreamService).Assembly.Location, "run", "--input", csv, "--until-drained", "--data", data]);
            ratios.Add(byHand / stream);
        }

        ratios.Sort();
        Console.WriteLine($"stream / by hand, payments/s: median {ratios[ratios.Count / 2]:0.00} ({string.Join(", ", ratios.Select(ratio => $"{ratio:0.00}"))})");
        Directory.Delete(root, recursive: true);
    }

    internal static double Measure(string what, int payments, string data, string model, Func<string, string[]> arguments)
    {
        InstallModel(model, data);
        var run = Run(what, arguments(data));
        Console.WriteLine(
            $"{what,-8} {payments:N0} payments in {run.Seconds:0.00} s: {payments / run.Seconds,8:N0}/s, {run.Cpu.TotalSeconds:0.00} s CPU, peak {run.Peak / 1e6:0} MB");
        Directory.Delete(data, recursive: true);
        return run.Seconds;
    }

    /// <summary>Runs a process to its end and measures it.</summary>
    internal static (double Seconds, TimeSpan Cpu, long Peak, string Output) Run(string what, string[] arguments)
    {
        var started = Stopwatch.GetTimestamp();
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(start.FileName) != "dotnet")
            start.FileName = "dotnet";
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var (peak, cpu) = (0L, TimeSpan.Zero);
        while (!process.WaitForExit(20))
            (peak, cpu) = Sample(process, peak, cpu);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{what} ended with {process.ExitCode}: {output.GetAwaiter().GetResult()}");
        return (seconds, cpu, peak, output.GetAwaiter().GetResult());
    }

    /// <summary>Samples peak memory and CPU time; the last sample is some milliseconds before the end.</summary>
    internal static (long Peak, TimeSpan Cpu) Sample(Process process, long peak, TimeSpan cpu)
    {
        try
        {
            process.Refresh();
            return (Math.Max(peak, process.PeakWorkingSet64), process.TotalProcessorTime);
        }
        catch (InvalidOperationException)
        {
            return (peak, cpu);
        }
    }

    internal static void InstallModel(string model, string data)
    {
        var version = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model)));
        var local = new ModelOps.LocalModels(data, TimeProvider.System);
        Directory.CreateDirectory(local.FolderOf(version));
        foreach (var file in Directory.EnumerateFiles(model))
            File.Copy(file, Path.Combine(local.FolderOf(version), Path.GetFileName(file)));
        local.Promote(version, "measured");
    }
}
