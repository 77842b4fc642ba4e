using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using FraudStreams.Model.Features;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Models;

/// <summary>
/// The fitted part of a plan as JSON, for model cards: <c>{"categories":{"feature":["most frequent",…],…}}</c>. The schema is stored beside
/// it (<see cref="SchemaJson"/>).
/// </summary>
public static class FeaturePlanJson
{
    /// <summary>Writes the plan's category dictionaries.</summary>
    public static JsonObject ToJson(FeaturePlan plan) => new()
    {
        ["categories"] = new JsonObject(
            plan.Schema.Features.OfType<CategoryFeature>().Select(feature => KeyValuePair.Create<string, JsonNode?>(
                feature.Name, new JsonArray([.. plan.Categories[feature.Name].Select(value => JsonValue.Create(value))])))),
    };

    /// <summary>Reads what <see cref="ToJson"/> wrote. The plan computes the same bits.</summary>
    /// <param name="json">The JSON object.</param>
    /// <param name="schema">The schema of the plan.</param>
    /// <exception cref="ModelFormatException">The JSON is not a plan for this schema.</exception>
    public static FeaturePlan FromJson(JsonElement json, TransactionSchema schema)
    {
        var categories = ImmutableDictionary.CreateBuilder<string, ImmutableArray<string>>();
        if (json.ValueKind != JsonValueKind.Object
            || !json.TryGetProperty("categories", out var stored) || stored.ValueKind != JsonValueKind.Object)
            throw new ModelFormatException("the feature plan has no categories");
        foreach (var feature in schema.Features.OfType<CategoryFeature>())
        {
            if (!stored.TryGetProperty(feature.Name, out var values) || values.ValueKind != JsonValueKind.Array
                || values.EnumerateArray().Any(v => v.ValueKind != JsonValueKind.String))
                throw new ModelFormatException($"the feature plan has no list of values for category {feature.Name}");
            var list = values.EnumerateArray().Select(v => v.GetString()!).ToImmutableArray();
            if (list.Distinct().Count() != list.Length)
                throw new ModelFormatException($"the feature plan has a value twice in category {feature.Name}");
            categories.Add(feature.Name, list);
        }
        return new FeaturePlan(schema, categories.ToImmutable());
    }
}
