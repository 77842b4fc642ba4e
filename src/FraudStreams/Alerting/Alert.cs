using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using FraudStreams.Messaging;
using FraudStreams.Model.Explanation;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Alerting;

/// <summary>One predicted fraud to report: its values, which each channel renders. Nothing in it but the key is secret, and the id where <see cref="ShownId"/> stands beside it.</summary>
/// <param name="TransactionId">As the payment's source wrote it: for topics, never for file names or headers.</param>
/// <param name="Name">The transaction where only plain names will do; the same id always has the same name, but for one that may not be shown: then the name is its prediction's place.</param>
/// <param name="Score">0 to 1.</param>
/// <param name="Key">The prediction's key, which is the card: the key of topic records and of a card's alerts; never shown.</param>
/// <param name="Values">By placeholder (<see cref="AlertTemplate"/>): text for one line each, secret fields masked. Null where an earlier release rendered the alert.</param>
public sealed record Alert(string TransactionId, string Name, double Score, string Key, ImmutableSortedDictionary<string, string>? Values)
{
    const int LongestName = 80;

    /// <summary>The id as channels show it, masked, where the schema calls it secret or it repeats the card; null: as it is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ShownId { get; init; }

    /// <summary>What raised the score, strongest first, as the prediction has it (docs/reasons.md), card numbers masked; null where it has none.</summary>
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

    /// <param name="prediction">The record that the row was read from.</param>
    public static Alert Of(PredictionRows rows, int row, TopicRecord prediction)
    {
        var transactions = rows.Transactions;
        var reasons = rows.Reasons(row);
        var (id, secrets) = (Encoding.UTF8.GetString(transactions.Id(row)), AlertText.SecretsOf(transactions, row));
        var shown = SecretText.Shown(transactions.Schema, transactions.Schema.IdField, id, secrets);
        return new Alert(
            id, shown == id ? NameOf(transactions.Id(row)) : NameOf(prediction), rows.Score(row), Convert.ToBase64String(prediction.Key.Span), AlertText.ValuesOf(rows, row))
        {
            ShownId = shown == id ? null : shown,
            Reasons = reasons.IsEmpty ? null : JsonElement.Parse(ReasonsJson.Masked(Encoding.UTF8.GetString(reasons), secrets)),
            PredictedAt = prediction.UnixMilliseconds,
            TraceParent = prediction.TraceParent,
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

    /// <summary>A hash of a card number can be undone by trying all numbers. Its place tells nothing, and is the same however often the record is read; its time tells those apart of a topic that began anew.</summary>
    static string NameOf(TopicRecord prediction) => string.Create(
        CultureInfo.InvariantCulture, $"prediction-{prediction.Partition.Partition}-{prediction.Offset}-{prediction.UnixMilliseconds}");

    static readonly System.Buffers.SearchValues<byte> Plain = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_"u8);
}
