using System.Collections.Immutable;
using System.Text.Json;
using FraudStreams.Model.Models;

namespace FraudStreams.Model.Drift;

/// <summary>Reads and writes drift-reference.json of a model version.</summary>
static class DriftReferenceJson
{
    const string Format = "fraudstreams-drift-reference";
    const int FormatVersion = 1;

    public static byte[] Write(DriftReference reference)
    {
        using var into = new MemoryStream();
        using (var json = new Utf8JsonWriter(into))
        {
            json.WriteStartObject();
            ModelJson.WriteHead(json, Format, FormatVersion);
            json.WriteNumber("threshold", reference.Threshold);
            json.WriteNumber("day_rows", reference.DayRows);
            json.WriteNumber("fraud_dispersion", reference.FraudDispersion);
            json.WriteNumber("hour_dispersion", reference.HourDispersion);
            Numbers(json, "frauds", reference.Frauds);
            json.WriteStartArray("features");
            foreach (var column in reference.Columns)
                Write(json, column);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return into.ToArray();
    }

    /// <exception cref="ModelFormatException">It is no reference, or contradicts itself.</exception>
    public static DriftReference Read(ReadOnlyMemory<byte> utf8) => ModelJson.Read(utf8, "The drift reference", Format, FormatVersion, root =>
    {
        var reference = new DriftReference(
            [.. root.GetProperty("features").EnumerateArray().Select(ReadColumn)], root.GetProperty("threshold").GetDouble(), Whole(root, "frauds"),
            root.GetProperty("day_rows").GetDouble(), root.GetProperty("fraud_dispersion").GetDouble())
        {
            HourDispersion = root.GetProperty("hour_dispersion").GetDouble(),
        };
        if (reference.Score.Kind != DriftKind.Score || reference.Frauds.Length != reference.Score.Bins || reference.Columns.Count(column => column.Kind == DriftKind.Score) != 1)
            throw new ModelFormatException("The drift reference has no score as its last column, or not a number of frauds for each of its bins.");
        return reference;
    });

    static void Write(Utf8JsonWriter json, DriftColumn column)
    {
        json.WriteStartObject();
        json.WriteString("name", column.Name);
        json.WriteString("kind", NameOf(column.Kind));
        json.WriteNumber("memory_hours", column.MemoryHours);
        json.WriteBoolean("secret", column.IsSecret);
        json.WriteNumber("sigma", column.Sigma);
        json.WriteNumber("dispersion", column.Dispersion);
        json.WriteNumber("rank_dispersion", column.RankDispersion);
        json.WriteStartArray("edges");
        foreach (var edge in column.Edges)
            json.WriteNumberValue(edge);
        json.WriteEndArray();
        json.WriteStartArray("categories");
        foreach (var category in column.Categories)
            json.WriteStringValue(category);
        json.WriteEndArray();
        Numbers(json, "counts", column.Counts);
        json.WriteEndObject();
    }

    static DriftColumn ReadColumn(JsonElement json)
    {
        var name = json.GetProperty("name").GetString() ?? "";
        var column = new DriftColumn(
            name,
            json.GetProperty("kind").GetString() switch
            {
                "number" => DriftKind.Number,
                "category" => DriftKind.Category,
                "score" => DriftKind.Score,
                var other => throw new ModelFormatException($"Column '{name}' of the drift reference is of kind '{other}'; it must be 'number', 'category' or 'score'."),
            },
            [.. json.GetProperty("edges").EnumerateArray().Select(edge => edge.GetDouble())],
            [.. json.GetProperty("categories").EnumerateArray().Select(category => category.GetString() ?? "")],
            Whole(json, "counts"), json.GetProperty("sigma").GetDouble(), json.GetProperty("dispersion").GetDouble())
        {
            RankDispersion = json.GetProperty("rank_dispersion").GetDouble(),
            MemoryHours = json.GetProperty("memory_hours").GetInt32(),
            IsSecret = json.GetProperty("secret").GetBoolean(),
        };
        return column.Counts.Length == DriftColumn.Hours * column.Bins && column.Counts.All(count => count >= 0)
            ? column
            : throw new ModelFormatException($"Column '{name}' of the drift reference has {column.Counts.Length} counts; {DriftColumn.Hours} × {column.Bins} are needed, none below 0.");
    }

    static string NameOf(DriftKind kind) => kind switch
    {
        DriftKind.Number => "number",
        DriftKind.Category => "category",
        _ => "score",
    };

    static void Numbers(Utf8JsonWriter json, string name, ImmutableArray<int> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }

    static ImmutableArray<int> Whole(JsonElement json, string name) => [.. json.GetProperty(name).EnumerateArray().Select(number => number.GetInt32())];
}
