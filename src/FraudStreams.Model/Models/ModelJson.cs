using System.Text.Json;
using FraudStreams.Model.Features;

namespace FraudStreams.Model.Models;

/// <summary>What the JSON formats of all kinds of models have in common: format, version and the feature columns.</summary>
static class ModelJson
{
    /// <param name="what">Starts messages, such as "The trees".</param>
    /// <exception cref="ModelFormatException">The file is truncated, has another format or version, or <paramref name="read"/> found it
    /// inconsistent.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> utf8, string what, string format, int version, Func<JsonElement, T> read)
    {
        try
        {
            using var json = JsonDocument.Parse(utf8);
            var root = json.RootElement;
            var actual = root.GetProperty("format").GetString();
            if (actual != format)
                throw new ModelFormatException($"The model's format is '{actual}'; it must be '{format}'.");
            var actualVersion = root.GetProperty("version").GetInt32();
            if (actualVersion < 1 || actualVersion > version)
                throw new ModelFormatException($"{what} are of version {actualVersion}; this program reads version {version}{(version > 1 ? " and earlier" : "")}.");
            if (root.GetProperty("features").GetArrayLength() == 0)
                throw new ModelFormatException("The model has no features.");
            return read(root);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new ModelFormatException($"{what} cannot be read: {e.Message}", e);
        }
    }

    public static void WriteHead(Utf8JsonWriter json, string format, int version)
    {
        json.WriteString("format", format);
        json.WriteNumber("version", version);
    }

    public static void WriteColumn(Utf8JsonWriter json, FeatureColumn column)
    {
        json.WriteString("name", column.Name);
        json.WriteString("kind", column.Kind == FeatureKind.Number ? "number" : "category");
    }

    public static FeatureColumn ReadColumn(JsonElement feature)
    {
        var name = feature.GetProperty("name").GetString() ?? "";
        return feature.GetProperty("kind").GetString() switch
        {
            "number" => new FeatureColumn(name, FeatureKind.Number),
            "category" => new FeatureColumn(name, FeatureKind.Category),
            var other => throw new ModelFormatException($"Feature '{name}' is of kind '{other}'; it must be 'number' or 'category'."),
        };
    }
}
