using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using FraudStreams.Configuration;
using FraudStreams.Model.Csv;

namespace FraudStreams.Bench;

/// <summary>
/// What-if requests on loopback: each connection sends the next request once it has the whole answer. A client of sockets alone, since it shares the cores
/// with what it measures.
/// </summary>
static class ApiBench
{
    static readonly byte[] s_end = "\r\n0\r\n\r\n"u8.ToArray();

    /// <param name="address">Of a running stream, as 127.0.0.1:8080.</param>
    public static void Run(string address, string csv, string[] options)
    {
        var seconds = options is [var given, ..] ? double.Parse(given, CultureInfo.InvariantCulture) : 5;
        var connections = options is [_, var some, ..] ? int.Parse(some, CultureInfo.InvariantCulture) : 1;
        var payments = Payments(csv, 10_000);
        foreach (var size in (int[])[1, 100])
        {
            var requests = payments.Chunk(size).Select(chunk => Request(address, chunk)).ToArray();
            Measure(address, requests, Math.Min(1, seconds), connections);
            var times = Measure(address, requests, seconds, connections);
            Array.Sort(times);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{size,4} payments a request, {connections} connections: {times.Length / seconds,8:N0} requests/s, {times.Length * size / seconds,10:N0} payments/s; p50 {At(times, 0.5):0.00} ms, p99 {At(times, 0.99):0.00} ms, p99.9 {At(times, 0.999):0.00} ms"));
        }
    }

    static double At(double[] times, double share) => times[Math.Min(times.Length - 1, (int)(times.Length * share))];

    internal static string[] Payments(string csv, int most)
    {
        using var file = File.OpenRead(csv);
        using var rows = new CsvToJson(file, SchemaFile.Read("cards"), csv);
        var (record, payments) = (new System.Buffers.ArrayBufferWriter<byte>(), new List<string>());
        while (payments.Count < most && rows.TryRead(record))
        {
            payments.Add(Encoding.UTF8.GetString(record.WrittenSpan));
            record.ResetWrittenCount();
        }

        return [.. payments];
    }

    internal static byte[] Request(string address, string[] payments)
    {
        var body = $"[{string.Join(',', payments)}]";
        return Encoding.UTF8.GetBytes($"POST /predict HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
    }

    /// <summary>Milliseconds of each request.</summary>
    static double[] Measure(string address, byte[][] requests, double seconds, int connections)
    {
        var until = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        var all = new List<double>[connections];
        var threads = Enumerable.Range(0, connections).Select(number => new Thread(() => all[number] = Ask(address, requests, number, until))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return [.. all.SelectMany(times => times)];
    }

    static List<double> Ask(string address, byte[][] requests, int number, long until)
    {
        using var socket = Connect(address);
        var (times, answer) = (new List<double>(), new byte[1 << 20]);
        for (var i = number * 7; ; i++)
        {
            var began = Stopwatch.GetTimestamp();
            if (began >= until)
                return times;
            Ask(socket, requests[i % requests.Length], answer);
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }
    }

    internal static Socket Connect(string address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(address[..address.LastIndexOf(':')], int.Parse(address[(address.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture));
        return socket;
    }

    /// <summary>Sends a request, and returns when the whole answer is there.</summary>
    /// <exception cref="IOException">The answer is another than 200, or none.</exception>
    internal static void Ask(Socket socket, byte[] request, byte[] answer)
    {
        socket.Send(request);
        var length = 0;
        do
        {
            var read = socket.Receive(answer.AsSpan(length));
            if (read == 0)
                throw new IOException("the server has closed the connection");
            length += read;
        }
        while (!IsWhole(answer.AsSpan(0, length)));
        if (!answer.AsSpan().StartsWith("HTTP/1.1 200"u8))
            throw new IOException(Encoding.UTF8.GetString(answer, 0, length));
    }

    /// <summary>Chunked, as of this program, or with its length said, as of others.</summary>
    static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        const string length = "content-length: ";
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0)
            return false;
        var lines = Encoding.ASCII.GetString(answer[..head]).ToLowerInvariant();
        var at = lines.IndexOf(length, StringComparison.Ordinal);
        return at < 0 ? answer.EndsWith(s_end) : answer.Length == head + 4 + int.Parse(lines.AsSpan(at + length.Length).ToString().Split('\r')[0], CultureInfo.InvariantCulture);
    }
}
