using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using FraudStreams.Model.Json;

namespace FraudStreams.Alerting;

/// <summary>One predicted fraud to report: its values, which each channel renders. Nothing in it but the key is secret.</summary>
/// <param name="TransactionId">As the payment's source wrote it: for topics, never for file names or headers.</param>
/// <param name="Name">The transaction where only plain names will do; the same id always has the same name.</param>
/// <param name="Score">0 to 1.</param>
/// <param name="Key">The prediction's key, which is the card: the key of topic records and of a card's alerts; never shown.</param>
/// <param name="Values">By placeholder (<see cref="AlertTemplate"/>): text for one line each, secret fields masked. Null where an earlier release rendered the alert.</param>
public sealed record Alert(string TransactionId, string Name, double Score, string Key, ImmutableSortedDictionary<string, string>? Values)
{
    const int LongestName = 80;

    /// <summary>What raised the score, strongest first, as the prediction has it (docs/reasons.md); null where it has none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Reasons { get; init; }

    /// <summary>The time of its prediction in `predictions`, in Unix milliseconds, for its latency; not persisted: null after a recovery.</summary>
    [JsonIgnore]
    public long? PredictedAt { get; init; }

    /// <summary>The trace of the payment, as a record carries it (<see cref="Messaging.TopicRecord.TraceParent"/>); null where it has none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceParent { get; init; }

    /// <summary>As an earlier release rendered it before the alert was persisted; null: the channel does.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Subject { get; init; }

    /// <inheritdoc cref="Subject"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Body { get; init; }

    /// <inheritdoc cref="Subject"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Line { get; init; }

    public static Alert Of(PredictionRows rows, int row, ReadOnlySpan<byte> key)
    {
        var id = rows.Transactions.Id(row);
        var reasons = rows.Reasons(row);
        return new Alert(Encoding.UTF8.GetString(id), NameOf(id), rows.Score(row), Convert.ToBase64String(key), AlertText.ValuesOf(rows, row))
        {
            Reasons = reasons.IsEmpty ? null : JsonElement.Parse(reasons),
        };
    }

    public override string ToString() => AlertText.LineOf(this);

    /// <summary>
    /// The id itself where it is short and of lower-case letters, digits, "-" and "_" only, so that it is one name in every file system;
    /// else its SHA-256.
    /// </summary>
    static string NameOf(ReadOnlySpan<byte> id) => id.Length is > 0 and <= LongestName && !id.ContainsAnyExcept(Plain)
        ? Encoding.ASCII.GetString(id)
        : $"sha256-{Convert.ToHexStringLower(SHA256.HashData(id))}";

    static readonly System.Buffers.SearchValues<byte> Plain = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_"u8);
}
