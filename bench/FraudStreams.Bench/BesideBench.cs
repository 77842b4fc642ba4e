using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using FraudStreams.Hosting;
using FraudStreams.Topics;

namespace FraudStreams.Bench;

/// <summary>
/// What others who ask cost the stream: one run of the whole program at a given rate, in turns quiet and asked what if, one and a hundred payments a request, at
/// rates that do not follow the answers (open loop). Each turn: from a payment's time in `transactions` until its prediction is in `predictions`, and how long
/// requests took from when they were due. The ratio is of the p99s to the quiet turns'. What the first second of a turn brings is left out.
/// <c>… -- beside payments.csv model-folder [rate=5000] [seconds=10] [rounds=2] [singles=500] [hundreds=20] [connections=16] [key=value …]</c>
/// </summary>
static class BesideBench
{
    const int WarmUp = 5, Left = 1_000, Partitions = 4;

    sealed record Turn(string Name, int Size, double PerSecond, long From, long To, double[] Requests);

    public static async Task MeasureAsync(string csv, string model, string[] options)
    {
        var given = options.Select(option => option.Split('=', 2)).ToDictionary(option => option[0], option => option[1]);
        var (rate, seconds, rounds, connections) = (Take("rate", 5_000), Take("seconds", 10), Take("rounds", 2), Take("connections", 16));
        (string Name, int Size, double PerSecond)[] turns = [("quiet", 0, 0), ("1 payment a request", 1, Take("singles", 500)), ("100 payments a request", 100, Take("hundreds", 20))];
        var root = Directory.CreateTempSubdirectory("fraudstreams-bench-").FullName;
        var (data, address) = (Path.Combine(root, "data"), $"127.0.0.1:{LatencyBench.FreePort()}");
        var input = LatencyBench.Cut(csv, root, rate * (WarmUp + (rounds * turns.Length * (seconds + 1)) + 5));
        var payments = ApiBench.Payments(csv, 10_000);
        SpineBench.InstallModel(model, data);
        using var process = Start(input, data, address, rate, given);
        var output = process.StandardOutput.ReadToEndAsync();
        await AnswersAsync(address, payments[0]);
        await Task.Delay(TimeSpan.FromSeconds(WarmUp));
        var done = new List<Turn>();
        for (var round = 0; round < rounds; round++)
        {
            foreach (var (name, size, perSecond) in turns)
            {
                var from = Now();
                var requests = size == 0 ? [] : payments.Chunk(size).Select(chunk => ApiBench.Request(address, chunk)).ToArray();
                var times = size == 0 ? await QuietAsync(seconds) : Ask(address, requests, perSecond, seconds, connections);
                done.Add(new Turn(name, size, perSecond, from + Left, Now(), times));
                await Task.Delay(TimeSpan.FromSeconds(1));
            }
        }

        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"the run ended with {process.ExitCode}: {await output}");
        Print(rate, turns, done, data);
        Directory.Delete(root, recursive: true);

        int Take(string key, int otherwise) => given.Remove(key, out var value) ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
    }

    static void Print(int rate, (string Name, int Size, double PerSecond)[] turns, List<Turn> done, string data)
    {
        var began = new Dictionary<string, long>();
        foreach (var (time, id) in LatencyBench.Embedded(data, TopicNames.Transactions))
            began.TryAdd(id!, time);
        var latencies = turns.ToDictionary(turn => turn.Name, _ => new List<double>());
        foreach (var (time, id) in LatencyBench.Embedded(data, TopicNames.Predictions))
        {
            if (done.Find(turn => began[id!] >= turn.From && began[id!] < turn.To) is { } turn)
                latencies[turn.Name].Add(time - began[id!]);
        }

        foreach (var times in latencies.Values)
            times.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"embedded topics, {rate:N0} payments/s through the stream; milliseconds"));
        Console.WriteLine("| asked | to its prediction: p50 | p99 | p99.9 | p99 to quiet | requests: wanted/s | answered/s | p50 | p99 | p99.9 |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var (name, size, perSecond) in turns)
        {
            var (times, ofTurn) = (latencies[name], done.Where(turn => turn.Name == name).ToList());
            double[] requests = [.. ofTurn.SelectMany(turn => turn.Requests).Order()];
            var answered = requests.Length / ofTurn.Sum(turn => (turn.To - turn.From + Left) / 1e3);
            Console.Write(string.Create(
                CultureInfo.InvariantCulture, $"| {name} | {At(times, 0.5):0} | {At(times, 0.99):0} | {At(times, 0.999):0} | {At(times, 0.99) / At(latencies[turns[0].Name], 0.99):0.00} "));
            Console.WriteLine(size == 0 ? "| – | – | – | – | – |" : string.Create(
                CultureInfo.InvariantCulture, $"| {perSecond:N0} | {answered:N0} | {At(requests, 0.5):0.0} | {At(requests, 0.99):0.0} | {At(requests, 0.999):0.0} |"));
        }
    }

    static double At(IReadOnlyList<double> times, double share) => times.Count == 0 ? double.NaN : times[Math.Min(times.Count - 1, (int)(times.Count * share))];

    static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    static Process Start(string input, string data, string address, int rate, Dictionary<string, string> settings)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        string[] set = [$"speeds.speed_1={rate}/s", $"topics.partitions={Partitions}", $"api.port={address.Split(':')[1]}", .. settings.Select(setting => $"{setting.Key}={setting.Value}")];
        foreach (var argument in (string[])
            [typeof(StreamService).Assembly.Location, "run", "--input", input, "--until-drained", "--data", data, "--roles", "simulate,score,store,api", .. set.SelectMany(setting => (string[])["--set", setting])])
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>Waits until a payment gets its score.</summary>
    static async Task AnswersAsync(string address, string payment)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://{address}/") };
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromMinutes(1);)
        {
            try
            {
                using var body = new StringContent(payment, new MediaTypeHeaderValue("application/json"));
                using var answer = await client.PostAsync("predict", body);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // It starts.
            }

            await Task.Delay(50);
        }

        throw new InvalidOperationException($"{address} does not answer");
    }

    static async Task<double[]> QuietAsync(int seconds)
    {
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        return [];
    }

    /// <summary>Milliseconds of each request from when it was due: one that waited for a connection has waited, too.</summary>
    static double[] Ask(string address, byte[][] requests, double perSecond, int seconds, int connections)
    {
        var (began, next, all) = (Stopwatch.GetTimestamp(), -1, new List<double>[connections]);
        var count = (int)(perSecond * seconds);
        var threads = Enumerable.Range(0, connections).Select(number => new Thread(() =>
        {
            using var socket = ApiBench.Connect(address);
            var (times, answer) = (new List<double>(), new byte[1 << 20]);
            for (int request; (request = Interlocked.Increment(ref next)) < count;)
            {
                var due = began + (long)(request / perSecond * Stopwatch.Frequency);
                if (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) is { Ticks: > 0 } early)
                {
                    // Nothing comes from the server meanwhile; the wait may take some microseconds longer, which no server is to blame for.
                    socket.Poll(early, SelectMode.SelectRead);
                    due = Stopwatch.GetTimestamp();
                }

                ApiBench.Ask(socket, requests[request % requests.Length], answer);
                times.Add(Stopwatch.GetElapsedTime(due).TotalMilliseconds);
            }

            all[number] = times;
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return [.. all.SelectMany(times => times)];
    }
}
