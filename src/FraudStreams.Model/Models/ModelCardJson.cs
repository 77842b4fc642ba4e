using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models.Calibrators;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Models;

/// <summary>Reads and writes card.json of a model version.</summary>
static class ModelCardJson
{
    const int FormatVersion = 1;

    /// <summary>For readability: no escapes where JSON needs none.</summary>
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What card.json says about model.json.</summary>
    internal sealed record ModelFile(string Kind, int Features, string Sha256);

    internal static byte[] Write(ModelCard card, ModelFile model)
    {
        var json = new JsonObject
        {
            ["format"] = FormatVersion,
            ["version"] = card.Version,
            ["created_at"] = Time(card.CreatedAt),
            ["parent"] = card.Parent,
            ["model"] = new JsonObject { ["kind"] = model.Kind, ["features"] = model.Features, ["sha256"] = model.Sha256 },
            ["threshold"] = new JsonObject { ["score"] = card.Threshold.Score, ["rule"] = card.Threshold.Rule },
            ["training"] = new JsonObject
            {
                ["from"] = Time(card.Training.From),
                ["to"] = Time(card.Training.To),
                ["rows"] = card.Training.Rows,
                ["frauds"] = card.Training.Frauds,
                ["seed"] = card.Training.Seed,
                ["settings"] = Map(card.Training.Settings, v => v),
                ["columns"] = card.Training.Columns,
                ["payments"] = card.Training.Payments,
            },
            ["metrics"] = Map(card.Metrics, v => v),
            ["schema_id"] = card.Schema.Id,
            ["schema"] = SchemaJson.ToJson(card.Schema),
            ["features"] = FeaturePlanJson.ToJson(card.Features),
            ["usual"] = Map(card.Usual, ToJson),
        };
        if (card.Calibration is { } calibration)
            json["calibration"] = calibration.ToJson();
        return JsonSerializer.SerializeToUtf8Bytes(json, Indented);
    }

    /// <exception cref="ModelArtifactException">The file is not a card, has an unknown format, or is inconsistent.</exception>
    internal static (ModelCard Card, ModelFile Model) Read(ReadOnlyMemory<byte> file, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(file);
            var json = document.RootElement;
            var format = json.GetProperty("format").GetInt32();
            if (format != FormatVersion)
                throw new ModelArtifactException($"{path}: has format {format}; this program reads format {FormatVersion}");
            var schema = SchemaJson.FromJson(json.GetProperty("schema"), path);
            var schemaId = Text(json, "schema_id");
            if (schema.Id != schemaId)
                throw new ModelArtifactException($"{path}: says schema {schemaId} and holds schema {schema.Id}");
            var (model, threshold, training) = (json.GetProperty("model"), json.GetProperty("threshold"), json.GetProperty("training"));
            var card = new ModelCard(
                Text(json, "version"),
                json.GetProperty("created_at").GetDateTimeOffset(),
                FeaturePlanJson.FromJson(json.GetProperty("features"), schema),
                new ModelThreshold(threshold.GetProperty("score").GetDouble(), Text(threshold, "rule")),
                new TrainingFacts(
                    training.GetProperty("from").GetDateTimeOffset(),
                    training.GetProperty("to").GetDateTimeOffset(),
                    training.GetProperty("rows").GetInt64(),
                    training.GetProperty("frauds").GetInt64(),
                    training.GetProperty("seed").GetUInt64())
                {
                    Settings = Map(training.GetProperty("settings"), v => v.GetString() ?? ""),
                    Columns = OptionalText(training, "columns"),
                    Payments = OptionalText(training, "payments"),
                })
            {
                Parent = json.GetProperty("parent").GetString(),
                Metrics = Map(json.GetProperty("metrics"), v => v.GetDouble()),
                Calibration = json.TryGetProperty("calibration", out var calibration) ? ScoreCalibrator.FromJson(calibration) : null,
                Usual = json.TryGetProperty("usual", out var usual) ? Map(usual, UsualFrom) : ImmutableSortedDictionary<string, UsualValue>.Empty,
            };
            return (card, new ModelFile(Text(model, "kind"), model.GetProperty("features").GetInt32(), Text(model, "sha256")));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException
            or SchemaException or ModelFormatException)
        {
            throw new ModelArtifactException($"{path}: is not a model card: {e.Message}", e);
        }
    }

    static JsonObject ToJson(UsualValue usual) => usual.MostFrequent.IsEmpty
        ? new JsonObject { ["low"] = usual.Low, ["median"] = usual.Median, ["high"] = usual.High }
        : new JsonObject { ["most_frequent"] = new JsonArray([.. usual.MostFrequent.Select(value => JsonValue.Create(value))]) };

    static UsualValue UsualFrom(JsonElement json) => json.TryGetProperty("most_frequent", out var values)
        ? new UsualValue(
            double.NaN, double.NaN, double.NaN,
            [.. values.EnumerateArray().Select(value => value.GetString() ?? throw new FormatException("most_frequent has a null"))])
        : new UsualValue(json.GetProperty("low").GetDouble(), json.GetProperty("median").GetDouble(), json.GetProperty("high").GetDouble(), []);

    static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    static string Text(JsonElement json, string property) =>
        json.GetProperty(property).GetString() ?? throw new FormatException($"{property} is null");

    static string? OptionalText(JsonElement json, string property) => json.TryGetProperty(property, out var value) ? value.GetString() : null;

    static JsonObject Map<T>(ImmutableSortedDictionary<string, T> values, Func<T, JsonNode?> node) =>
        new(values.Select(v => KeyValuePair.Create(v.Key, node(v.Value))));

    static ImmutableSortedDictionary<string, T> Map<T>(JsonElement json, Func<JsonElement, T> value) =>
        json.EnumerateObject().ToImmutableSortedDictionary(p => p.Name, p => value(p.Value));
}
