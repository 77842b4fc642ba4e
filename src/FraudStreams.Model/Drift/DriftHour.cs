using System.Buffers;
using System.Text.Json;

namespace FraudStreams.Model.Drift;

/// <summary>
/// How the payments of an hour of event time, scored by one version, fell into the bins of its reference. Several of an hour, of several hosts or of a host
/// that restarted, are added. Aggregates only.
/// </summary>
/// <param name="Version">The version that scored.</param>
/// <param name="Hour">Hours since 1970 (UTC).</param>
/// <param name="Counts">By the reference's counters.</param>
public sealed record DriftHour(string Version, long Hour, long[] Counts)
{
    /// <summary>As a record of the topic.</summary>
    public void Write(IBufferWriter<byte> into)
    {
        using var json = new Utf8JsonWriter(into);
        json.WriteStartObject();
        json.WriteString("version"u8, Version);
        json.WriteNumber("hour"u8, Hour);
        json.WriteStartArray("counts"u8);
        foreach (var count in Counts)
            json.WriteNumberValue(count);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}

/// <summary>What a version decided of the labelled payments of a time, counted once most labels are known.</summary>
/// <param name="Version">The version that scored.</param>
/// <param name="Hour">The first hour, since 1970 (UTC).</param>
/// <param name="Hours">How many hours.</param>
public sealed record DriftTruth(string Version, long Hour, int Hours, PredictedFrauds Counts)
{
    /// <summary>As a record of the topic.</summary>
    public void Write(IBufferWriter<byte> into)
    {
        using var json = new Utf8JsonWriter(into);
        json.WriteStartObject();
        json.WriteString("version"u8, Version);
        json.WriteNumber("hour"u8, Hour);
        json.WriteNumber("hours"u8, Hours);
        json.WriteNumber("caught"u8, Counts.Caught);
        json.WriteNumber("missed"u8, Counts.Missed);
        json.WriteNumber("false_alerts"u8, Counts.FalseAlerts);
        json.WriteEndObject();
    }
}

/// <param name="Caught">Frauds that were predicted.</param>
/// <param name="Missed">Frauds that were not.</param>
/// <param name="FalseAlerts">Predicted frauds that are none.</param>
public readonly record struct PredictedFrauds(long Caught, long Missed, long FalseAlerts)
{
    /// <summary>Share of the predicted frauds that are frauds; null where there are none.</summary>
    public double? Precision => Caught + FalseAlerts == 0 ? null : (double)Caught / (Caught + FalseAlerts);

    /// <summary>Share of the frauds that were predicted; null where there are none.</summary>
    public double? Recall => Caught + Missed == 0 ? null : (double)Caught / (Caught + Missed);

    /// <summary>With one more labelled payment.</summary>
    public PredictedFrauds With(bool isFraud, bool isPredicted) => new(
        Caught + (isFraud && isPredicted ? 1 : 0), Missed + (isFraud && !isPredicted ? 1 : 0), FalseAlerts + (!isFraud && isPredicted ? 1 : 0));
}

/// <summary>Reads the records of the topic.</summary>
public static class DriftRecord
{
    /// <summary>One of the three; all null where it is none of them.</summary>
    public static (DriftHour? Hour, DriftTruth? Truth, DriftNotice? Notice) Read(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            if (ReadHour(utf8.Span) is { } counted)
                return (counted, null, null);
            using var json = JsonDocument.Parse(utf8);
            var root = json.RootElement;
            var version = root.GetProperty("version").GetString() ?? "";
            return root.TryGetProperty("notice", out _)
                ? (null, null, DriftNotice.Read(root, version))
                : (null, new DriftTruth(version, root.GetProperty("hour").GetInt64(), root.GetProperty("hours").GetInt32(), new PredictedFrauds(
                    root.GetProperty("caught").GetInt64(), root.GetProperty("missed").GetInt64(), root.GetProperty("false_alerts").GetInt64())), null);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return default;
        }
    }

    /// <summary>Nearly all records are hours of some hundred counts: without a document, in a fraction of the time. Null where it is none.</summary>
    static DriftHour? ReadHour(ReadOnlySpan<byte> utf8)
    {
        var json = new Utf8JsonReader(utf8);
        var (version, hour, counts) = ("", (long?)null, (List<long>?)null);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("version"u8))
            {
                json.Read();
                version = json.GetString() ?? "";
            }
            else if (json.ValueTextEquals("hour"u8))
            {
                json.Read();
                hour = json.GetInt64();
            }
            else if (json.ValueTextEquals("counts"u8))
            {
                json.Read();
                counts = new List<long>(512);
                while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                    counts.Add(json.GetInt64());
            }
            else
            {
                json.Skip();
            }
        }

        return hour is { } of && counts is not null ? new DriftHour(version, of, [.. counts]) : null;
    }
}
