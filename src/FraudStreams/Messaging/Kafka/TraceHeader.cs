using System.Text;
using Confluent.Kafka;

namespace FraudStreams.Messaging.Kafka;

/// <summary>The header with which other programs, too, carry a trace on in a record (W3C Trace Context).</summary>
static class TraceHeader
{
    public const string Key = "traceparent";

    /// <summary>Of version 00; a longer one is of another version, or none.</summary>
    const int Length = 55;

    /// <param name="headers">Null where the consumer does not read them.</param>
    public static string? Of(Headers? headers) =>
        headers is { Count: > 0 } && headers.TryGetLastBytes(Key, out var bytes) && bytes?.Length == Length ? Encoding.ASCII.GetString(bytes) : null;
}
