using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using FraudStreams.Configuration;
using FraudStreams.Model.Csv;

namespace FraudStreams.Bench;

/// <summary>
/// What callers do to a running stream that mean it ill or do not know better: damaged requests at every door, headers that come byte by byte, thousands of
/// connections that ask nothing, readers of /events that do not read. Meanwhile a payment is asked for, again and again. Ends with 1 where an answer is a
/// fault of the server (5xx) or a request hangs. <c>… -- siege 127.0.0.1:8080 payments.csv [requests=100000] [idle=9000] [seed=1]</c>
/// </summary>
static class SiegeBench
{
    static readonly TimeSpan s_hangs = TimeSpan.FromSeconds(40);

    public static async Task<int> RunAsync(string address, string csv, string[] options)
    {
        var given = options.Select(option => option.Split('=', 2)).ToDictionary(option => option[0], option => int.Parse(option[1], CultureInfo.InvariantCulture));
        var (requests, idle, seed) = (given.GetValueOrDefault("requests", 100_000), given.GetValueOrDefault("idle", 9_000), given.GetValueOrDefault("seed", 1));
        using var client = new HttpClient { BaseAddress = new Uri($"http://{address}/"), Timeout = s_hangs };
        var (payments, rows) = Read(csv, 200);
        var faults = 0;
        await ShowAsync("before", client, payments);
        faults += await FuzzAsync(client, payments, rows, requests, seed);
        await ShowAsync("after damaged requests", client, payments);
        var readers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => OpenAsync(address, $"GET /events HTTP/1.1\r\nHost: {address}\r\n\r\n")));
        faults += await FuzzAsync(client, payments, rows, requests / 10, seed + 1);
        await ShowAsync($"{readers.Length} readers of /events that do not read, and damaged requests", client, payments);
        Close(readers);
        var slow = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => OpenAsync(address, $"POST /predict HTTP/1.1\r\nHost: {address}\r\nX-Slow: ")));
        for (var second = 0; second < 20; second++)
        {
            foreach (var socket in slow)
                Trickle(socket);
            await Task.Delay(TimeSpan.FromSeconds(1));
        }

        await ShowAsync($"{slow.Length} requests that come byte by byte; {slow.Count(IsOpen)} of them neither answered nor closed after 20 s", client, payments);
        Close(slow);
        var silent = new List<Socket>();
        for (var opened = 0; opened < idle; opened += 100)
            silent.AddRange(await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => OpenAsync(address, ""))));
        await ShowAsync($"{silent.Count(IsOpen):N0} connections that ask nothing", client, payments);
        Close(silent);
        await Task.Delay(TimeSpan.FromSeconds(5));
        await ShowAsync("after it all", client, payments);
        return faults == 0 ? 0 : 1;
    }

    static (string[] Payments, string[] Rows) Read(string csv, int most)
    {
        using var file = File.OpenRead(csv);
        using var rows = new CsvToJson(file, SchemaFile.Read("cards"), csv);
        var (record, payments) = (new System.Buffers.ArrayBufferWriter<byte>(), new List<string>());
        for (; payments.Count < most && rows.TryRead(record); record.ResetWrittenCount())
            payments.Add(Encoding.UTF8.GetString(record.WrittenSpan));
        return ([.. payments], [.. File.ReadLines(csv).Take(most)]);
    }

    /// <returns>How many answers were the server's fault, or did not come.</returns>
    static async Task<int> FuzzAsync(HttpClient client, string[] payments, string[] rows, int count, int seed)
    {
        var (answers, faults, began) = (new ConcurrentDictionary<int, int>(), 0, Stopwatch.GetTimestamp());
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (number, cancellationToken) =>
        {
            var random = new Random(HashCode.Combine(seed, number));
            using var request = Make(random, payments, rows);
            try
            {
                using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken);
                answers.AddOrUpdate((int)answer.StatusCode, 1, (_, known) => known + 1);
                if ((int)answer.StatusCode < 500)
                    return;
                Console.WriteLine($"fault: request {number} of seed {seed}: {request.Method} {request.RequestUri}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellationToken)}");
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                Console.WriteLine($"fault: request {number} of seed {seed}: {request.Method} {request.RequestUri}: {e.Message}");
            }

            Interlocked.Increment(ref faults);
        });
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{count:N0} damaged requests, {count / Stopwatch.GetElapsedTime(began).TotalSeconds:N0}/s: {string.Join(", ", answers.OrderBy(answer => answer.Key).Select(answer => $"{answer.Key}: {answer.Value:N0}"))}; {faults:N0} faults"));
        return faults;
    }

    static HttpRequestMessage Make(Random random, string[] payments, string[] rows)
    {
        var payment = payments[random.Next(payments.Length)];
        var (method, path, type, body) = random.Next(9) switch
        {
            0 => ("POST", "predict", "application/json", $"[{payment},{payments[random.Next(payments.Length)]}]"),
            1 => ("POST", "predict?mode=what-if&format=labels", "application/json", payment),
            2 => ("POST", "invocations", "application/json", $$"""{"dataframe_records":[{{payment}}]}"""),
            3 => ("POST", "invocations", "text/csv", $"{rows[0]}\n{rows[random.Next(1, rows.Length)]}\n"),
            4 => ("POST", "v2/models/cards/infer", "application/json", """{"id":"1","inputs":[{"name":"amt","shape":[2],"datatype":"FP64","data":[1.5,2e3]},{"name":"cc_num","shape":[2],"datatype":"BYTES","data":["4","5"]}]}"""),
            5 => ("POST", "labels", "application/json", """[{"id":"x","true_value":1,"confirmed_at":"2026-01-31T08:00:00Z","confirmed_by":"ada"}]"""),
            6 => ("GET", "payments?limit=20&from=2019-01-01&to=2030-01-01&card=4000&merchant=a&score_from=0.5", "", ""),
            7 => ("GET", "alerts?limit=5&page=AAAA", "", ""),
            _ => ("PUT", "speeds", "application/json", """{"speed_2":"unlimited","why":"x"}"""),
        };
        var request = new HttpRequestMessage(new HttpMethod(method), method == "GET" ? Escaped(Damaged(random, path)) : path);
        if (method != "GET")
        {
            request.Content = new ByteArrayContent(Damaged(random, body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", random.Next(50) == 0 ? "x/y" : type);
        }

        return request;

        // The door stays; what comes after it is damaged.
        string Escaped(byte[] bytes) => path[..path.IndexOf('?', StringComparison.Ordinal)] + "?" + string.Concat(bytes[Math.Min(bytes.Length, path.IndexOf('?', StringComparison.Ordinal))..]
            .Select(value => char.IsAsciiLetterOrDigit((char)value) || "=&-_.".Contains((char)value, StringComparison.Ordinal) ? ((char)value).ToString() : $"%{value:X2}"));
    }

    /// <summary>Bytes changed, cut out, doubled, cut off, from one to four times.</summary>
    static byte[] Damaged(Random random, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text).ToList();
        for (var damage = random.Next(1, 5); damage > 0 && bytes.Count > 0; damage--)
        {
            var (at, length) = (random.Next(bytes.Count), random.Next(1, 12));
            var some = Math.Min(length, bytes.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, some);
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, some));
                    break;
                case 3:
                    bytes[at] = (byte)"{}[]\",:\\0-eN&=%"[random.Next(15)];
                    break;
                case 4:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(random.Next(4) switch { 0 => "9999999999999999999999", 1 => "null", 2 => "\\ud800", _ => new string('[', 200) }));
                    break;
                default:
                    bytes.RemoveRange(at, random.Next(10) == 0 ? bytes.Count - at : 0);
                    break;
            }
        }

        return [.. bytes];
    }

    static async Task<Socket> OpenAsync(string address, string text)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(System.Net.IPEndPoint.Parse(address));
        if (text.Length > 0)
            await socket.SendAsync(Encoding.ASCII.GetBytes(text));
        return socket;
    }

    static void Trickle(Socket socket)
    {
        try
        {
            socket.Send("a"u8);
        }
        catch (SocketException)
        {
            // The server has had enough of it.
        }
    }

    /// <summary>Neither answered nor closed.</summary>
    static bool IsOpen(Socket socket) => !socket.Poll(0, SelectMode.SelectRead);

    static void Close(IEnumerable<Socket> sockets)
    {
        foreach (var socket in sockets)
            socket.Dispose();
    }

    /// <summary>How long a payment is asked for now, and what the process holds.</summary>
    static async Task ShowAsync(string when, HttpClient client, string[] payments)
    {
        var times = new List<double>();
        for (var asked = 0; asked < 200; asked++)
        {
            var began = Stopwatch.GetTimestamp();
            using var body = new StringContent($"[{payments[asked % payments.Length]}]", new MediaTypeHeaderValue("application/json"));
            using var answer = await client.PostAsync("predict", body);
            answer.EnsureSuccessStatusCode();
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        times.Sort();
        var metrics = await client.GetStringAsync("metrics");
        var memory = metrics.Split('\n').First(line => line.StartsWith("process_memory_usage_bytes", StringComparison.Ordinal)).Split(' ')[1];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{when}: a payment asked for in p50 {times[100]:0.0} ms, p99 {times[198]:0.0} ms; the process holds {double.Parse(memory, CultureInfo.InvariantCulture) / 1e6:N0} MB"));
    }
}
