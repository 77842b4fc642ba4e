using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FraudStreams.Tests.Simulation.Http;

/// <summary>A server on the loopback that answers each GET with what a test says, down to the bytes: whole, cut off, slow, or with an error.</summary>
sealed class TestPaymentsApi : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _closed = new();
    readonly Func<int, Answer> _answer;
    readonly ConcurrentQueue<string> _requests = [];
    readonly Task _accepting;

    /// <param name="answer">By the number of the request, from 0.</param>
    public TestPaymentsApi(Func<int, Answer> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/payments?limit=10");

    /// <summary>Heads of the requests so far.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        _listener.Stop();
        await _accepting;
        _closed.Dispose();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
                await AnswerAsync(await _listener.AcceptTcpClientAsync(_closed.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                // A body would wait for the acknowledgement of its head.
                client.NoDelay = true;
                while (await AnswerAsync(client.GetStream()))
                {
                }
            }
            catch (IOException)
            {
                // The client has gone.
            }
        }
    }

    /// <returns>Whether the connection is kept for another request.</returns>
    async Task<bool> AnswerAsync(NetworkStream stream)
    {
        var (head, buffer) = (new StringBuilder(), new byte[4096]);
        while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(buffer, _closed.Token) is not (> 0 and var read))
                return false;
            head.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        var answer = _answer(_requests.Count);
        _requests.Enqueue(head.ToString());
        var body = answer.Body;
        var connection = answer.IsKept ? "" : "Connection: close\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {answer.Status}\r\n{answer.Headers}{connection}Content-Length: {body.Length}\r\n\r\n"), _closed.Token);
        foreach (var piece in body[..(answer.Sent ?? body.Length)].Chunk(answer.IsSlow ? Math.Max(64, body.Length / 100) : 1 << 20))
        {
            await stream.WriteAsync(piece, _closed.Token);
            if (answer.IsSlow)
                await Task.Delay(2, _closed.Token);
        }

        if (answer.IsStuck)
            await Task.Delay(Timeout.Infinite, _closed.Token);
        return answer.IsKept;
    }

    /// <param name="Headers">Lines, each with its end.</param>
    public sealed record Answer(byte[] Body, string Status = "200 OK", string Headers = "")
    {
        public Answer(string body, string status = "200 OK", string headers = "") : this(Encoding.UTF8.GetBytes(body), status, headers)
        {
        }

        /// <summary>How many bytes of the body are sent before the connection is closed; null for all.</summary>
        public int? Sent { get; init; }

        /// <summary>Whether the body comes in small pieces with pauses.</summary>
        public bool IsSlow { get; init; }

        /// <summary>Whether the next request may come on the same connection.</summary>
        public bool IsKept { get; init; }

        /// <summary>Whether the connection stays open after what is sent.</summary>
        public bool IsStuck { get; init; }
    }
}
