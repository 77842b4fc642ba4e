using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Features;

/// <summary>
/// What a plan learnt, as JSON for model cards: <c>{"categories":{"feature":["most frequent",…],…}}</c>. Its schema stands beside it.
/// </summary>
public static class FeaturePlanJson
{
    public static JsonObject ToJson(FeaturePlan plan) => new()
    {
        ["categories"] = new JsonObject(
            plan.Schema.Features.OfType<CategoryFeature>().Select(feature => KeyValuePair.Create<string, JsonNode?>(
                feature.Name, new JsonArray([.. plan.Categories[feature.Name].Select(value => JsonValue.Create(value))])))),
    };

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="ModelFormatException">The JSON is no plan for this schema.</exception>
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
