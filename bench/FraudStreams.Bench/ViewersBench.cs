using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace FraudStreams.Bench;

/// <summary>
/// A published program from a file to predictions and the store at a set speed, in turns: with nobody at its page, and with viewers of the live view, which is new each second.
/// They are circuits as browsers open them, without the browser: ten of those would need more of this machine than the program (<see cref="BlazorViewer"/>).
/// <c>… -- viewers published-program payments.csv model-folder [rounds=5] [viewers=10] [rate=20000/s]</c>
/// </summary>
static class ViewersBench
{
    public static async Task RunAsync(string program, string csv, string model, string[] rest)
    {
        var given = rest.Select(option => option.Split('=', 2)).ToDictionary(option => option[0], option => option[1]);
        var rounds = int.Parse(given.GetValueOrDefault("rounds", "5"), CultureInfo.InvariantCulture);
        var viewers = int.Parse(given.GetValueOrDefault("viewers", "10"), CultureInfo.InvariantCulture);
        var rate = given.GetValueOrDefault("rate", "20000/s");
        var root = Directory.CreateTempSubdirectory("fraudstreams-bench-").FullName;
        var (ratios, added) = (new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            // Whoever comes later in a round may find files in memory: the order changes.
            var (rates, memory, cpu, batches) = (new double[2], new double[2], new double[2], 0.0);
            foreach (var turn in round % 2 == 0 ? (int[])[0, 1] : [1, 0])
            {
                var port = FreePort();
                (rates[turn], cpu[turn]) = await ProgramRate.MeasureAsync(
                    program, csv, model, Path.Combine(root, $"{round}-{turn}"), ["--set", $"speeds.speed_1={rate}", "--set", $"api.port={port}"],
                    async process => (memory[turn], batches) = await WatchAsync(process, new Uri($"http://127.0.0.1:{port}/ui/"), turn == 0 ? 0 : viewers, batches));
            }

            ratios.Add(rates[1] / rates[0]);
            added.Add(memory[1] - memory[0]);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"nobody {rates[0],8:N0}/s, {memory[0]:0} MB, {cpu[0]:0.0} s CPU   {viewers} viewers {rates[1],8:N0}/s, {ratios[^1]:0.000}, {memory[1]:0} MB, {cpu[1]:0.0} s CPU; each got {batches:0.0} updates a second"));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"median of {rounds} at {rate}: {ProgramRate.Median(ratios):0.000}, wanted: at least 0.97; {viewers} viewers add {ProgramRate.Median(added):0} MB"));
        Directory.Delete(root, recursive: true);
    }

    /// <summary>Until the process ends: the largest memory of its working set in MB, and the updates a second that each viewer got.</summary>
    static async Task<(double Memory, double Batches)> WatchAsync(Process process, Uri page, int viewers, double before)
    {
        var opened = new List<BlazorViewer>();
        var (memory, started) = (0L, 0L);
        while (!process.HasExited)
        {
            try
            {
                if (opened.Count < viewers)
                {
                    opened.Add(await BlazorViewer.OpenAsync(page));
                    started = Stopwatch.GetTimestamp();
                    continue;
                }

                process.Refresh();
                memory = Math.Max(memory, process.WorkingSet64);
            }
            catch (Exception e) when (e is HttpRequestException or System.Net.WebSockets.WebSocketException or InvalidOperationException)
            {
                // The program is starting, or ends.
            }

            await Task.Delay(100);
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var batches = opened.Count == 0 ? before : opened.Average(viewer => viewer.Batches / seconds);
        foreach (var viewer in opened)
            await viewer.DisposeAsync();
        return opened.Count < viewers ? throw new InvalidOperationException($"only {opened.Count} of {viewers} viewers got in") : (memory / 1e6, batches);
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
