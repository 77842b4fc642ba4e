using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FraudStreams.Configuration;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.External;
using FraudStreams.Model.Schemas;

namespace FraudStreams.ModelOps;

/// <summary>
/// What the features of a model of another library are: a HOCON file that lists them in the model's order, each as a feature of the schema or as a field of
/// it, categories with their values in the order of their codes; for a model that a runtime of its own scores also which input each belongs to, what stands
/// for missing values, and which output is the score.
/// </summary>
/// <param name="Plan">Computes the features of the schema; those that are not in it already are added at its end.</param>
/// <param name="Features">The features of the model, in its order.</param>
/// <param name="Output">For a model that a runtime of its own scores.</param>
sealed partial record FeatureMap(FeaturePlan Plan, ImmutableArray<MappedFeature> Features, ModelOutput Output)
{
    /// <summary>For each feature of the model, the index of its column in the plan.</summary>
    public ImmutableArray<int> Columns => [.. Features.Select(feature => feature.Column)];

    /// <summary>The inputs of a model that a runtime of its own scores, in the order in which the map names them first.</summary>
    /// <param name="declared">As its file describes them.</param>
    /// <exception cref="ModelFormatException">A feature has no input.</exception>
    public ImmutableArray<ModelInput> Inputs(ImmutableArray<DeclaredInput> declared)
    {
        // One tensor of all features, or one input a feature, named as it is.
        DeclaredInput[] wide = [.. declared.Where(input => input.Width != 1)];
        return
        [
            .. Features.GroupBy(feature => feature.Input
                ?? (declared.Any(input => input.Name == feature.Name) ? feature.Name
                    : declared is [var only] ? only.Name
                    : wide is [var vector] ? vector.Name
                    : throw new ModelFormatException($"it has no input {feature.Name}: say in the map of {feature.Name} input = NAME; it has {string.Join(", ", declared.Select(input => input.Name))}")))
                .Select(group => new ModelInput(group.Key, [.. group.Select(ValueOf)])),
        ];
    }

    InputValue ValueOf(MappedFeature feature) =>
        new(feature.Column, Plan.Categories.TryGetValue(Plan.Columns[feature.Column].Name, out var texts) ? texts : [], feature.Missing);

    /// <param name="path">The file.</param>
    /// <param name="names">The model's own names of its features, null where it has none for one; null for a model that a runtime of its own scores.</param>
    /// <exception cref="SchemaException">The file cannot be read, does not fit the model or the schema: every problem.</exception>
    public static FeatureMap Read(string path, TransactionSchema schema, IReadOnlyList<string?>? names)
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

        return Parse(text, path, schema, names);
    }

    public static FeatureMap Parse(string hocon, string subject, TransactionSchema schema, IReadOnlyList<string?>? names)
    {
        var root = SettingsSection.Parse(hocon, subject);
        var features = schema.Features.ToList();
        var values = new Dictionary<string, string[]>();
        var mapped = new List<MappedFeature>();
        foreach (var section in root.List("features"))
        {
            var position = mapped.Count;
            var name = section.FilledText("name");
            if (position < names?.Count && names[position] is { } theirs && !MadeName().IsMatch(theirs) && theirs != name.Replace(' ', '_') && theirs != name)
                section.Add("name", $"is {name}; the model's feature {position + 1} is {theirs}");
            var column = ColumnOf(section, name, schema, features);
            mapped.Add(new MappedFeature(name, column, names is null ? section.OptionalText("input") : null, names is null ? section.OptionalText("missing") : null));
            if (column >= 0 && features[column] is CategoryFeature category)
                AddValues(section, category, values);
            else if (section.Has("values"))
                section.Add("values", "is for a category; this is a number");
            _ = section.TextOrTexts("values");
            section.RefuseOthers();
        }

        var output = names is null ? OutputOf(root) : new ModelOutput(null, null, false);
        root.RefuseOthers();
        if (root.Problems.Count == 0 && mapped.Count == 0)
            root.Add("features", "lists none");
        if (root.Problems.Count == 0 && names is not null && mapped.Count != names.Count)
            root.Add("features", $"lists {mapped.Count}; the model takes {names.Count}{Named(names)}");
        if (root.Problems.Count > 0)
            throw new SchemaException(subject, root.Problems);

        if (features.Count > schema.Features.Length)
            schema = TransactionSchema.Create(
                new SchemaDraft(schema.Name, schema.Fields, schema.Roles) { Features = [.. features], DropsIndexColumn = schema.DropsIndexColumn }, subject);
        var categories = new JsonObject(schema.Features.OfType<CategoryFeature>().Select(feature => KeyValuePair.Create<string, JsonNode?>(
            feature.Name, new JsonArray([.. values.GetValueOrDefault(feature.Name, []).Select(value => JsonValue.Create(value))]))));
        using var json = JsonDocument.Parse(new JsonObject { ["categories"] = categories }.ToJsonString());
        return new FeatureMap(FeaturePlanJson.FromJson(json.RootElement, schema), [.. mapped], output);
    }

    static ModelOutput OutputOf(SettingsSection root)
    {
        if (!root.Has("output"))
            return new ModelOutput(null, null, false);
        var section = root.Section("output");
        var output = new ModelOutput(section.OptionalText("name"), section.OptionalText("class"), section.OptionalFlag("log-odds"));
        section.RefuseOthers();
        return output;
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

    static string Named(IReadOnlyList<string?> names) => names.All(name => name is not null) ? $": {string.Join(", ", names)}" : "";

    /// <summary>The names that the libraries make up where none are given.</summary>
    [GeneratedRegex(@"\A(Column_\d+|f\d+)\z")]
    private static partial Regex MadeName();
}

/// <summary>A feature of a model of another library.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Column">The index of its column in the plan.</param>
/// <param name="Input">The input that it belongs to, where the map says so.</param>
/// <param name="Missing">What stands for a missing value, where the map says so.</param>
sealed record MappedFeature(string Name, int Column, string? Input, string? Missing);
