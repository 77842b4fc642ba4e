using System.Buffers;
using System.Text.Json;

namespace FraudStreams.Model.Json;

/// <summary>
/// A record that could not be read, as topic `rejected` keeps it: where it stood, why it was refused, and its bytes unchanged.
/// </summary>
/// <param name="Original">The record's bytes; once it was read again, what was kept of them.</param>
/// <param name="Excerpt">How many of the first bytes are kept, where that is not all of them.</param>
public sealed record RejectedRecord(
    RejectReason Reason, string Topic, int Partition, long Offset, DateTimeOffset RejectedAt, ReadOnlyMemory<byte> Original, int? Excerpt = null)
{
    /// <summary>
    /// Appends <c>{"code":…,"message":…,"topic":…,"partition":0,"offset":0,"rejected_at":"…","original":"base64"}</c>; where only an excerpt is kept, also
    /// <c>"original_bytes":1048576</c>, the length of the whole.
    /// </summary>
    public void Write(IBufferWriter<byte> into)
    {
        using var json = new Utf8JsonWriter(into);
        json.WriteStartObject();
        json.WriteString("code"u8, Reason.Code);
        json.WriteString("message"u8, Reason.Message);
        json.WriteString("topic"u8, Topic);
        json.WriteNumber("partition"u8, Partition);
        json.WriteNumber("offset"u8, Offset);
        json.WriteString("rejected_at"u8, RejectedAt);
        if (Excerpt is not null)
            json.WriteNumber("original_bytes"u8, Original.Length);
        json.WriteBase64String("original"u8, Excerpt is { } bytes ? Original.Span[..bytes] : Original.Span);
        json.WriteEndObject();
    }

    /// <summary>Reads what <see cref="Write"/> wrote; null for anything else.</summary>
    public static RejectedRecord? TryRead(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var original = root.GetProperty("original").GetBytesFromBase64();
            return new RejectedRecord(
                new RejectReason(root.GetProperty("code").GetString() ?? "", root.GetProperty("message").GetString() ?? ""),
                root.GetProperty("topic").GetString() ?? "",
                root.GetProperty("partition").GetInt32(),
                root.GetProperty("offset").GetInt64(),
                root.GetProperty("rejected_at").GetDateTimeOffset(),
                original,
                root.TryGetProperty("original_bytes"u8, out _) ? original.Length : null);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
