using System.Buffers;
using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;
using System.Text.RegularExpressions;

namespace FraudStreams.Bench;

/// <summary>
/// One who looks at a page, as far as the server can tell: the circuit that a browser opens (SignalR over a WebSocket, hub protocol "blazorpack"), which confirms every render batch and
/// answers what is asked of JavaScript. Charts are told a size, so that they are drawn.
/// </summary>
sealed partial class BlazorViewer : IAsyncDisposable
{
    const int InvocationMessage = 1, CompletionMessage = 3, PingMessage = 6, CloseMessage = 7;

    const string Rectangle = """{"left":0,"top":0,"width":700,"height":190}""";

    readonly ClientWebSocket _socket = new();
    readonly SemaphoreSlim _sending = new(1);
    readonly CancellationTokenSource _left = new();
    Task _work = Task.CompletedTask;
    long _batches;

    public long Batches => Interlocked.Read(ref _batches);

    /// <summary>Opens the view at an address; returns when its first render batch has come.</summary>
    public static async Task<BlazorViewer> OpenAsync(Uri page)
    {
        using var http = new HttpClient();
        var html = await http.GetStringAsync(page);
        var components = string.Join(',', Marker().Matches(html).Select(found => found.Groups[1].Value));
        if (components.Length == 0)
            throw new InvalidOperationException($"{page} has no component");
        var viewer = new BlazorViewer();
        viewer._socket.Options.SetRequestHeader("Origin", page.GetLeftPart(UriPartial.Authority));
        await viewer._socket.ConnectAsync(new UriBuilder(new Uri(page, "_blazor")) { Scheme = "ws" }.Uri, default);
        await viewer._socket.SendAsync("{\"protocol\":\"blazorpack\",\"version\":1}\u001e"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, default);
        viewer._work = Task.WhenAll(viewer.ReadAsync(), viewer.PingAsync());
        await viewer.InvokeAsync("1", "StartCircuit", page.ToString(), page.ToString(), $"[{components}]", "");
        for (var tries = 0; viewer.Batches == 0; tries++)
        {
            if (viewer._work.IsCompleted || tries == 300)
                throw new InvalidOperationException("the circuit did not start");
            await Task.Delay(50);
        }

        return viewer;
    }

    public async ValueTask DisposeAsync()
    {
        await _left.CancelAsync();
        await _work;
        _socket.Dispose();
        _sending.Dispose();
        _left.Dispose();
    }

    [GeneratedRegex("<!--Blazor:(\\{\"type\":\"server\".*?\\})-->")]
    private static partial Regex Marker();

    async Task PingAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(10), _left.Token);
                var message = new MessagePack();
                message.Array(1);
                message.Whole(PingMessage);
                await SendAsync(message);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // Nobody looks any more.
        }
    }

    async Task ReadAsync()
    {
        try
        {
            var (buffer, held, isGreeted) = (new byte[1 << 20], 0, false);
            while (true)
            {
                if (held == buffer.Length)
                    Array.Resize(ref buffer, 2 * buffer.Length);
                var read = await _socket.ReceiveAsync(buffer.AsMemory(held), _left.Token);
                if (read.MessageType == WebSocketMessageType.Close)
                    return;
                held += read.Count;
                var at = 0;
                if (!isGreeted)
                {
                    if (buffer.AsSpan(0, held).IndexOf((byte)0x1e) is not (>= 0 and var end))
                        continue;
                    (at, isGreeted) = (end + 1, true);
                }

                while (TryLength(buffer.AsSpan(at, held - at), out var prefix, out var length) && held - at >= prefix + length)
                {
                    await TakeAsync(buffer.AsMemory(at + prefix, length));
                    at += prefix + length;
                }

                buffer.AsSpan(at, held - at).CopyTo(buffer);
                held -= at;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // Nobody looks any more, or the program has ended.
        }
    }

    async Task TakeAsync(ReadOnlyMemory<byte> message)
    {
        var (type, target, arguments) = Parse(message.Span);
        switch (type, target)
        {
            case (CompletionMessage, _) when arguments is [string { Length: > 0 } fault]:
                throw new InvalidOperationException($"the circuit was refused: {fault}");
            case (CloseMessage, _):
                throw new WebSocketException("the server closed the circuit");
            case (InvocationMessage, "JS.RenderBatch"):
                await InvokeAsync(null, "OnRenderCompleted", arguments[0], null);
                Interlocked.Increment(ref _batches);
                break;
            case (InvocationMessage, "JS.BeginInvokeJS") when arguments[0] is long and not 0L:
                var result = arguments[1] is "Radzen.createChart" or "Radzen.clientRect" ? Rectangle : "null";
                await InvokeAsync(null, "EndInvokeJSFromDotNet", arguments[0], true, $"[{arguments[0]},true,{result}]");
                break;
            case (InvocationMessage, "JS.Error"):
                throw new InvalidOperationException($"the page met a fault: {arguments[0]}");
        }
    }

    static (long Type, string? Target, object?[] Arguments) Parse(ReadOnlySpan<byte> message)
    {
        var reader = new MessagePackReader(message);
        reader.Array();
        switch ((long)reader.Value()!)
        {
            case InvocationMessage:
                reader.Value();
                reader.Value();
                var target = (string?)reader.Value();
                var arguments = new object?[reader.Array()];
                for (var argument = 0; argument < arguments.Length; argument++)
                    arguments[argument] = reader.Value();
                return (InvocationMessage, target, arguments);
            case CompletionMessage:
                reader.Value();
                reader.Value();

                // 1: a fault follows.
                return (CompletionMessage, null, reader.Value() is 1L ? [reader.Value()] : []);
            case var type:
                return (type, null, []);
        }
    }

    Task InvokeAsync(string? id, string target, params object?[] arguments)
    {
        var message = new MessagePack();
        message.Array(6);
        message.Whole(InvocationMessage);
        message.EmptyMap();
        message.Value(id);
        message.Value(target);
        message.Array(arguments.Length);
        foreach (var argument in arguments)
            message.Value(argument);
        message.Array(0);
        return SendAsync(message);
    }

    async Task SendAsync(MessagePack message)
    {
        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(message.WithLength(), WebSocketMessageType.Binary, endOfMessage: true, _left.Token);
        }
        finally
        {
            _sending.Release();
        }
    }

    static bool TryLength(ReadOnlySpan<byte> bytes, out int prefix, out int length)
    {
        (prefix, length) = (0, 0);
        while (prefix < bytes.Length)
        {
            length |= (bytes[prefix] & 0x7f) << (7 * prefix);
            if ((bytes[prefix++] & 0x80) == 0)
                return true;
        }

        return false;
    }

    /// <summary>Writes what a client's messages need of MessagePack.</summary>
    sealed class MessagePack
    {
        readonly ArrayBufferWriter<byte> _bytes = new();

        public void Array(int length) => Put((byte)(0x90 | length));

        public void EmptyMap() => Put(0x80);

        public void Whole(long value)
        {
            Put(0xd3);
            BinaryPrimitives.WriteInt64BigEndian(_bytes.GetSpan(8), value);
            _bytes.Advance(8);
        }

        public void Value(object? value)
        {
            switch (value)
            {
                case null:
                    Put(0xc0);
                    break;
                case bool flag:
                    Put(flag ? (byte)0xc3 : (byte)0xc2);
                    break;
                case long number:
                    Whole(number);
                    break;
                default:
                    var text = Encoding.UTF8.GetBytes((string)value);
                    Put(0xdb);
                    BinaryPrimitives.WriteInt32BigEndian(_bytes.GetSpan(4), text.Length);
                    _bytes.Advance(4);
                    _bytes.Write(text);
                    break;
            }
        }

        public byte[] WithLength()
        {
            var (prefix, length) = (new List<byte>(), _bytes.WrittenCount);
            for (; length > 0x7f; length >>= 7)
                prefix.Add((byte)(0x80 | (length & 0x7f)));
            prefix.Add((byte)length);
            return [.. prefix, .. _bytes.WrittenSpan];
        }

        void Put(byte value)
        {
            _bytes.GetSpan(1)[0] = value;
            _bytes.Advance(1);
        }
    }

    /// <summary>Reads what a server's messages have of MessagePack; bytes and maps are passed over.</summary>
    ref struct MessagePackReader(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> _rest = bytes;

        public int Array() => Take() switch
        {
            var code when (code & 0xf0) == 0x90 => code & 0x0f,
            0xdc => (int)Unsigned(2),
            0xdd => (int)Unsigned(4),
            var code => throw new InvalidDataException($"no array: {code:x2}"),
        };

        public object? Value()
        {
            var code = Take();
            switch (code)
            {
                case <= 0x7f:
                    return (long)code;
                case >= 0xe0:
                    return (long)(sbyte)code;
                case <= 0x8f:
                    return Passed(2 * (code & 0x0f));
                case <= 0x9f:
                    return Passed(code & 0x0f);
                case <= 0xbf:
                    return Text(code & 0x1f);
                case 0xc0:
                    return null;
                case 0xc2 or 0xc3:
                    return code == 0xc3;
                case 0xc4 or 0xc5 or 0xc6:
                    Skip((int)Unsigned(1 << (code - 0xc4)));
                    return null;
                case 0xca or 0xcb:
                    Skip(code == 0xca ? 4 : 8);
                    return null;
                case 0xcc or 0xcd or 0xce or 0xcf:
                    return Unsigned(1 << (code - 0xcc));
                case 0xd0:
                    return (long)(sbyte)Take();
                case 0xd1:
                    return (long)(short)Unsigned(2);
                case 0xd2:
                    return (long)(int)Unsigned(4);
                case 0xd3:
                    return Unsigned(8);
                case 0xd9 or 0xda or 0xdb:
                    return Text((int)Unsigned(1 << (code - 0xd9)));
                case 0xdc or 0xdd:
                    return Passed((int)Unsigned(code == 0xdc ? 2 : 4));
                default:
                    throw new InvalidDataException($"not expected: {code:x2}");
            }
        }

        object? Passed(int values)
        {
            for (var value = 0; value < values; value++)
                Value();
            return null;
        }

        string Text(int length)
        {
            var text = Encoding.UTF8.GetString(_rest[..length]);
            Skip(length);
            return text;
        }

        long Unsigned(int length)
        {
            var value = 0L;
            for (var at = 0; at < length; at++)
                value = (value << 8) | Take();
            return value;
        }

        byte Take()
        {
            var value = _rest[0];
            Skip(1);
            return value;
        }

        void Skip(int length) => _rest = _rest[length..];
    }
}
