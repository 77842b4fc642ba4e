using System.Buffers;
using System.Text;
using System.Text.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Json;

/// <summary>What the challenger says of a payment, beside what the champion decided: a record of topic `shadow`.</summary>
/// <param name="Id">The payment's id, 1 to <see cref="Label.LongestId"/> UTF-8 bytes.</param>
/// <param name="EventTime">The payment's event time, in Unix milliseconds.</param>
/// <param name="ModelVersion">The challenger.</param>
/// <param name="Score">Its score, 0..1.</param>
/// <param name="Fraud">Whether it predicts a fraud.</param>
/// <param name="Threshold">Its threshold in force then.</param>
/// <param name="ChampionVersion">The version that decided.</param>
/// <param name="ChampionScore">Its score of the same payment, 0..1.</param>
/// <param name="ChampionFraud">What it decided.</param>
/// <param name="ScoredAt">When the challenger scored, in Unix milliseconds.</param>
public sealed record ShadowScore(
    string Id, long EventTime, string ModelVersion, double Score, bool Fraud, double Threshold, string ChampionVersion, double ChampionScore, bool ChampionFraud, long ScoredAt)
{
    /// <summary>Longest name of a version, in UTF-8 bytes.</summary>
    public const int LongestVersion = 100;

    static readonly JsonWriterOptions Raw = new() { SkipValidation = true };

    /// <summary>The challenger's reasons as a JSON array, where the two decide differently; null else.</summary>
    public string? Reasons { get; init; }

    /// <summary>Whether the two decide differently.</summary>
    public bool Disagrees => Fraud != ChampionFraud;

    /// <summary>Whether an id can stand in a label, and so in a comparison; a payment with another id is not compared.</summary>
    /// <param name="id">UTF-8.</param>
    public static bool CanHold(ReadOnlySpan<byte> id) => id.Length is > 0 and <= Label.LongestId && !id.ContainsAnyInRange((byte)0, (byte)31);

    /// <summary>
    /// Appends <c>{"id":"…","event_time":"…","model_version":"…","score":0.1,"prediction":0,"threshold":0.5,"champion_version":"…","champion_score":0.2,
    /// "champion_prediction":0,"scored_at":"…"}</c>, and <c>"reasons":[…]</c> where there are some. Numbers parse to the same doubles.
    /// </summary>
    /// <param name="into">Receives the UTF-8 record.</param>
    /// <param name="id">The payment's id, in UTF-8: <see cref="Id"/> is not written, so that no text has to be made of it.</param>
    /// <param name="reasons">A JSON array; empty to leave it out.</param>
    public void Write(IBufferWriter<byte> into, ReadOnlySpan<byte> id, ReadOnlySpan<byte> reasons = default)
    {
        Span<byte> time = stackalloc byte[24];
        using var json = new Utf8JsonWriter(into, Raw);
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("event_time"u8, time[..TimeText.WriteIso8601(EventTime, time)]);
        json.WriteString("model_version"u8, ModelVersion);
        json.WriteNumber("score"u8, Score);
        json.WriteNumber("prediction"u8, Fraud ? 1 : 0);
        json.WriteNumber("threshold"u8, Threshold);
        json.WriteString("champion_version"u8, ChampionVersion);
        json.WriteNumber("champion_score"u8, ChampionScore);
        json.WriteNumber("champion_prediction"u8, ChampionFraud ? 1 : 0);
        json.WriteString("scored_at"u8, time[..TimeText.WriteIso8601(ScoredAt, time)]);
        if (!reasons.IsEmpty)
        {
            json.WritePropertyName("reasons"u8);
            json.WriteRawValue(reasons, skipInputValidation: true);
        }

        json.WriteEndObject();
    }

    /// <summary>The record in UTF-8.</summary>
    public byte[] ToJson()
    {
        var into = new ArrayBufferWriter<byte>(512);
        Write(into, Encoding.UTF8.GetBytes(Id), Reasons is null ? default : Encoding.UTF8.GetBytes(Reasons));
        return into.WrittenSpan.ToArray();
    }
}
