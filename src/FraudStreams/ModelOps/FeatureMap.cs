using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FraudStreams.Configuration;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Import;
using FraudStreams.Model.Schemas;

namespace FraudStreams.ModelOps;

/// <summary>
/// What the features of a model of another library are: a HOCON file that lists them in the model's order, each as a feature of the schema or as a field of
/// it, categories with their values in the order of their codes.
/// </summary>
/// <param name="Plan">Computes the features of the schema; those that are not in it already are added at its end.</param>
/// <param name="Columns">For each feature of the model, the index of its column in the plan.</param>
sealed partial record FeatureMap(FeaturePlan Plan, ImmutableArray<int> Columns)
{
    /// <exception cref="SchemaException">The file cannot be read, does not fit the model or the schema: every problem.</exception>
    public static FeatureMap Read(string path, TransactionSchema schema, ForeignModel model)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SchemaException(path, [$"cannot be read: {e.Message}"]);
        }

        return Parse(text, path, schema, model);
    }

    public static FeatureMap Parse(string hocon, string subject, TransactionSchema schema, ForeignModel model)
    {
        var root = SettingsSection.Parse(hocon, subject);
        var features = schema.Features.ToList();
        var values = new Dictionary<string, string[]>();
        var columns = new List<int>();
        foreach (var section in root.List("features"))
        {
            var position = columns.Count;
            var name = section.FilledText("name");
            if (position < model.Features.Length && model.Features[position].Name is { } theirs && !MadeName().IsMatch(theirs) && theirs != name.Replace(' ', '_') && theirs != name)
                section.Add("name", $"is {name}; the model's feature {position + 1} is {theirs}");
            var column = ColumnOf(section, name, schema, features);
            columns.Add(column);
            if (column >= 0 && features[column] is CategoryFeature category)
                AddValues(section, category, values);
            else if (section.Has("values"))
                section.Add("values", "is for a category; this is a number");
            _ = section.TextOrTexts("values");
            section.RefuseOthers();
        }

        root.RefuseOthers();
        if (root.Problems.Count == 0 && columns.Count != model.Features.Length)
            root.Add("features", $"lists {columns.Count}; the model takes {model.Features.Length}{Named(model)}");
        if (root.Problems.Count > 0)
            throw new SchemaException(subject, root.Problems);

        if (features.Count > schema.Features.Length)
            schema = TransactionSchema.Create(
                new SchemaDraft(schema.Name, schema.Fields, schema.Roles) { Features = [.. features], DropsIndexColumn = schema.DropsIndexColumn }, subject);
        var categories = new JsonObject(schema.Features.OfType<CategoryFeature>().Select(feature => KeyValuePair.Create<string, JsonNode?>(
            feature.Name, new JsonArray([.. values.GetValueOrDefault(feature.Name, []).Select(value => JsonValue.Create(value))]))));
        using var json = JsonDocument.Parse(new JsonObject { ["categories"] = categories }.ToJsonString());
        return new FeatureMap(FeaturePlanJson.FromJson(json.RootElement, schema), [.. columns]);
    }

    /// <summary>The index of the feature that an entry names, added where the schema does not have it; −1, and a problem, where there is none.</summary>
    static int ColumnOf(SettingsSection section, string name, TransactionSchema schema, List<FeatureDefinition> features)
    {
        string[] kinds = [.. new[] { "feature", "number", "category" }.Where(section.Has)];
        if (kinds is not [var kind])
        {
            section.Add(kinds.Length == 0 ? "feature" : kinds[^1], "must be one of: feature = a feature of the schema, number = a field, category = a text field");
            return -1;
        }

        var of = section.FilledText(kind);
        if (kind == "feature")
        {
            var found = features.FindIndex(feature => feature.Name == of);
            if (found < 0)
                section.Add(kind, $"there is no feature {of} in schema {schema.Name}; it has {string.Join(", ", features.Select(feature => feature.Name))}");
            return found;
        }

        if (schema.IndexOf(of) < 0)
        {
            section.Add(kind, $"there is no field {of} in schema {schema.Name}");
            return -1;
        }

        var column = features.FindIndex(feature => kind == "number" ? feature is NumberFeature n && n.Field == of : feature is CategoryFeature c && c.Field == of);
        if (column >= 0)
            return column;
        features.Add(kind == "number" ? new NumberFeature(name, of) : new CategoryFeature(name, of, 1, CategoryFeature.Limit));
        return features.Count - 1;
    }

    static void AddValues(SettingsSection section, CategoryFeature category, Dictionary<string, string[]> values)
    {
        var given = section.TextOrTexts("values").ToArray();
        if (given.Length is 0 or > CategoryFeature.Limit)
            section.Add("values", $"has {given.Length} values; a category has 1 to {CategoryFeature.Limit}, in the order of the codes that the model was trained with, from 0");
        else if (given.GroupBy(value => value).FirstOrDefault(group => group.Count() > 1) is { } twice)
            section.Add("values", $"has {twice.Key} twice");
        else if (!values.TryAdd(category.Name, given) && !values[category.Name].SequenceEqual(given))
            section.Add("values", $"differ from those given for {category.Name} before");
    }

    static string Named(ForeignModel model) => model.Features.All(feature => feature.Name is not null) ? $": {string.Join(", ", model.Features.Select(feature => feature.Name))}" : "";

    /// <summary>The names that the libraries make up where none are given.</summary>
    [GeneratedRegex(@"\A(Column_\d+|f\d+)\z")]
    private static partial Regex MadeName();
}
