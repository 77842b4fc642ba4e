using System.Buffers;
using System.Text.Json;

namespace FraudStreams.Model.Json;

/// <summary>
/// A rejected record, as written to the dead-letter topic `rejected`: its source offset, the reason, and its original bytes.
/// </summary>
/// <param name="Reason">Why it was rejected.</param>
/// <param name="Topic">The topic it was read from.</param>
/// <param name="Partition">The partition it was read from.</param>
/// <param name="Offset">Its offset in the partition.</param>
/// <param name="RejectedAt">When it was rejected.</param>
/// <param name="Original">The record's bytes; after <see cref="Read"/>, the bytes that were kept.</param>
/// <param name="Excerpt">Number of leading bytes to keep; null to keep all of them.</param>
public sealed record RejectedRecord(
    RejectReason Reason, string Topic, int Partition, long Offset, DateTimeOffset RejectedAt, ReadOnlyMemory<byte> Original, int? Excerpt = null)
{
    /// <summary>
    /// Appends <c>{"code":…,"message":…,"topic":…,"partition":0,"offset":0,"rejected_at":"…","original":"base64"}</c>; for an excerpt also
    /// <c>"original_bytes":1048576</c>, the length of the original.
    /// </summary>
    /// <param name="into">Receives the UTF-8 record.</param>
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

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <returns>The rejected record; null if the JSON is not one.</returns>
    public static RejectedRecord? Read(ReadOnlyMemory<byte> json)
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
