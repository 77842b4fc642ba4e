using System.Collections.Immutable;
using System.Text.Json;

namespace FraudStreams.ModelOps;

/// <summary>models/champion.json. Read and written by hand: `status` reads it, and finding out how at run time takes longer than all else that it does.</summary>
/// <param name="Entry">The entry of the shared registry that it follows; null where it was written by this host alone.</param>
/// <param name="Threshold">The one in force, as the registry says; null where it is the card's.</param>
sealed record ChampionPointer(string Champion, ImmutableArray<string> Before, string Why, DateTimeOffset Since, long? Entry = null, double? Threshold = null)
{
    /// <summary>What some editors write before UTF-8: people put a version into the file by hand.</summary>
    static readonly byte[] s_mark = [0xEF, 0xBB, 0xBF];

    public void Write(Stream file)
    {
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("champion", Champion);
        json.WriteStartArray("before");
        foreach (var version in Before)
            json.WriteStringValue(version);
        json.WriteEndArray();
        json.WriteString("why", Why);
        json.WriteString("since", Since);
        if (Entry is { } entry)
            json.WriteNumber("entry", entry);
        else
            json.WriteNull("entry");
        if (Threshold is { } threshold)
            json.WriteNumber("threshold", threshold);
        else
            json.WriteNull("threshold");
        json.WriteEndObject();
    }

    /// <exception cref="FormatException">The text is no such object; the message says why.</exception>
    public static ChampionPointer Read(ReadOnlyMemory<byte> file)
    {
        try
        {
            using var document = JsonDocument.Parse(file.Span.StartsWith(s_mark) ? file[s_mark.Length..] : file);
            var root = document.RootElement;
            return new ChampionPointer(
                root.GetProperty("champion").GetString() ?? "",
                [.. root.GetProperty("before").EnumerateArray().Select(version => version.GetString() ?? "")],
                Given(root, "why")?.GetString() ?? "",
                Given(root, "since")?.GetDateTimeOffset() ?? default,
                Given(root, "entry")?.GetInt64(),
                Given(root, "threshold")?.GetDouble());
        }
        catch (KeyNotFoundException e)
        {
            throw new FormatException("it lacks champion or before", e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException(e.Message, e);
        }
    }

    static JsonElement? Given(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
