using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Tests.Api;

/// <summary>A span as a collector gets it. Ids are hexadecimal; those of what it links to are traces with their spans.</summary>
sealed record ReceivedSpan(
    string Trace, string Id, string Parent, string Name, ulong Start, ulong End, IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<(string Trace, string Span)> Links);

/// <summary>A collector of OpenTelemetry on loopback: OTLP over gRPC, read as its protobuf files have it.</summary>
sealed class OtlpReceiver : IAsyncDisposable
{
    readonly WebApplication _web;

    OtlpReceiver(WebApplication web) => _web = web;

    public string Address => _web.Urls.Single();

    public ConcurrentQueue<ReceivedSpan> Spans { get; } = [];

    /// <summary>The texts of log records.</summary>
    public ConcurrentQueue<string> Logs { get; } = [];

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var web = builder.Build();
        var receiver = new OtlpReceiver(web);
        web.MapPost("/opentelemetry.proto.collector.{signal}.v1.{service}/Export", receiver.TakeAsync);
        await web.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _web.DisposeAsync();

    async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var message = body.ToArray().AsMemory();
        for (var at = 0; at < message.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(message.Span[(at + 1)..]);
            Take((string)context.Request.RouteValues["signal"]!, message.Slice(at + 5, length));
            at += 5 + length;
        }

        context.Response.ContentType = "application/grpc";
        context.Response.AppendTrailer("grpc-status", "0");
        await context.Response.Body.WriteAsync(new byte[5]);
    }

    void Take(string signal, ReadOnlyMemory<byte> request)
    {
        // resource, scope, record: fields 1, 2, 2 in traces and in logs.
        foreach (var record in Of(request, 1).SelectMany(resource => Of(resource, 2)).SelectMany(scope => Of(scope, 2)))
        {
            if (signal == "trace")
                Spans.Enqueue(Span(record));
            else if (signal == "logs")
                Logs.Enqueue(string.Concat(Of(record, 5).Select(Value)));
        }
    }

    static ReceivedSpan Span(ReadOnlyMemory<byte> span) => new(
        Hex(span, 1), Hex(span, 2), Hex(span, 4), Encoding.UTF8.GetString(Of(span, 5).Single().Span), Number(span, 7), Number(span, 8),
        Of(span, 9).ToDictionary(attribute => Encoding.UTF8.GetString(Of(attribute, 1).Single().Span), attribute => Value(Of(attribute, 2).Single())),
        [.. Of(span, 13).Select(link => (Hex(link, 1), Hex(link, 2)))]);

    static string Hex(ReadOnlyMemory<byte> message, int field) => Convert.ToHexStringLower(Of(message, field).SingleOrDefault().Span);

    static ulong Number(ReadOnlyMemory<byte> message, int field) => Fields(message).Single(found => found.Field == field).Number;

    /// <summary>A text as it is; a number or a truth value as digits.</summary>
    static string Value(ReadOnlyMemory<byte> any) => Fields(any).Select(value => value.Field == 1 ? Encoding.UTF8.GetString(value.Bytes.Span) : $"{value.Number}").SingleOrDefault("");

    static IEnumerable<ReadOnlyMemory<byte>> Of(ReadOnlyMemory<byte> message, int field) => Fields(message).Where(found => found.Field == field).Select(found => found.Bytes);

    static IEnumerable<(int Field, ulong Number, ReadOnlyMemory<byte> Bytes)> Fields(ReadOnlyMemory<byte> message)
    {
        for (var at = 0; at < message.Length;)
        {
            var key = Varint(message.Span, ref at);
            var field = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    yield return (field, Varint(message.Span, ref at), default);
                    break;
                case 1:
                    yield return (field, BinaryPrimitives.ReadUInt64LittleEndian(message.Span[at..]), default);
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message.Span, ref at);
                    yield return (field, 0, message.Slice(at, length));
                    at += length;
                    break;
                case 5:
                    yield return (field, BinaryPrimitives.ReadUInt32LittleEndian(message.Span[at..]), default);
                    at += 4;
                    break;
                default:
                    throw new FormatException($"wire type {key & 7}");
            }
        }
    }

    static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        var number = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            number |= (ulong)(next & 127) << shift;
            if (next < 128)
                return number;
        }
    }
}
