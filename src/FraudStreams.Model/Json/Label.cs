using System.Buffers;
using System.Text.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Json;

/// <summary>What somebody found out about a payment, as topic `labels` has it.</summary>
/// <param name="Id">The payment's id.</param>
/// <param name="Fraud">Whether it was fraud.</param>
/// <param name="ConfirmedAt">When that was found out, in unix milliseconds: of two labels of a payment the later one holds.</param>
/// <param name="ConfirmedBy">Who or what found it out.</param>
public sealed record Label(string Id, bool Fraud, long ConfirmedAt, string ConfirmedBy)
{
    /// <summary>Longest id, in UTF-8 bytes: an index of PostgreSQL holds 2,704 bytes, who and when included.</summary>
    public const int LongestId = 2_000;

    /// <summary>Longest <see cref="ConfirmedBy"/>, in UTF-8 bytes.</summary>
    public const int LongestName = 200;

    /// <summary>
    /// Appends <c>{"id":"…","true_value":1,"confirmed_at":"2026-01-02T03:04:05.678Z","confirmed_by":"…"}</c>.
    /// </summary>
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
