using System.Buffers;
using System.Text.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Json;

/// <summary>A confirmed label of a payment: a record of topic `labels`.</summary>
/// <param name="Id">The payment's id, 1 to <see cref="LongestId"/> UTF-8 bytes.</param>
/// <param name="Fraud">Whether the payment was fraud.</param>
/// <param name="ConfirmedAt">When it was confirmed, in Unix milliseconds. The latest label of a payment wins.</param>
/// <param name="ConfirmedBy">The person or system that confirmed it, 1 to <see cref="LongestName"/> UTF-8 bytes.</param>
public sealed record Label(string Id, bool Fraud, long ConfirmedAt, string ConfirmedBy)
{
    /// <summary>Longest id, in UTF-8 bytes: a PostgreSQL index entry holds 2,704 bytes, including who confirmed it and when.</summary>
    public const int LongestId = 2_000;

    /// <summary>Longest <see cref="ConfirmedBy"/>, in UTF-8 bytes.</summary>
    public const int LongestName = 200;

    /// <summary>
    /// Appends <c>{"id":"…","true_value":1,"confirmed_at":"2026-01-02T03:04:05.678Z","confirmed_by":"…"}</c>.
    /// </summary>
    /// <param name="into">Receives the UTF-8 record.</param>
    public void Write(IBufferWriter<byte> into)
    {
        Span<byte> time = stackalloc byte[24];
        using var json = new Utf8JsonWriter(into);
        json.WriteStartObject();
        json.WriteString("id"u8, Id);
        json.WriteNumber("true_value"u8, Fraud ? 1 : 0);
        json.WriteString("confirmed_at"u8, time[..TimeText.WriteIso8601(ConfirmedAt, time)]);
        json.WriteString("confirmed_by"u8, ConfirmedBy);
        json.WriteEndObject();
    }
}
