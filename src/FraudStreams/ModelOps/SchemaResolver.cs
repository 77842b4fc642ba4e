using FraudStreams.Configuration;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.Simulation.Generation;

namespace FraudStreams.ModelOps;

/// <summary>Finds the schema of a stream from the settings, the input's header and the data folder's champion.</summary>
static class SchemaResolver
{
    /// <summary>
    /// The schema that the setting names; or, with `auto`, the one that the input's header fits, the champion's where there is no input,
    /// and `cards` in an empty folder.
    /// </summary>
    /// <exception cref="SettingsException">No schema fits, or the data folder belongs to another one.</exception>
    public static TransactionSchema Resolve(string name, string? input, string dataDirectory)
    {
        var champion = ChampionSchema(new ModelRegistry(dataDirectory, TimeProvider.System));
        var schema = name != "auto" ? SchemaFile.Read(name)
            : input is not null ? SchemaOf(input)
            : champion ?? SchemaFile.Read(PaymentGenerator.SchemaName);
        if (champion is not null && champion.Name != schema.Name)
            throw new SettingsException($"{dataDirectory} belongs to schema {champion.Name}, and this is {schema.Name}: give another folder with --data");
        return schema;
    }

    /// <summary>Checks that a named schema is the model's, and that the file's header does not fit another one.</summary>
    /// <param name="name">The setting.</param>
    /// <exception cref="SettingsException">They differ: both names.</exception>
    public static void CheckModel(string name, string? input, ScoringModel model)
    {
        if (name != "auto" && SchemaFile.Read(name) is var named && named.Name != model.Schema.Name)
            throw new SettingsException($"model {model.Version} is of schema {model.Schema.Name}, and this is {named.Name}: leave out --schema, or give another model with --model or --data");
        if (input is null || Refusal(input, model.Schema) is null)
            return;
        if (SchemaFile.Find(known => Refusal(input, known) is null) is { } other)
            throw new SettingsException($"model {model.Version} is of schema {model.Schema.Name}, and {input} is of {other.Name}: give a file of {model.Schema.Name}, or another model with --model or --data");
    }

    /// <summary>The built-in schema that the header of a CSV file fits.</summary>
    static TransactionSchema SchemaOf(string input)
    {
        var refusals = new List<string>();
        foreach (var name in SchemaFile.Names)
        {
            var schema = SchemaFile.Read(name);
            if (Refusal(input, schema) is not { } refusal)
                return schema;
            refusals.Add(refusal);
        }

        throw new SettingsException(
            $"{input} fits none of the schemas {string.Join(", ", SchemaFile.Names)}; name one with --schema, or a file of your own:\n{string.Join('\n', refusals)}");
    }

    /// <summary>Why the header of a CSV file does not fit a schema; null if it does.</summary>
    static string? Refusal(string input, TransactionSchema schema)
    {
        try
        {
            using var file = File.OpenRead(input);
            using var csv = new CsvReader(file, schema, Path.GetFileName(input));
            return null;
        }
        catch (SchemaException e)
        {
            return e.Message;
        }
    }

    static TransactionSchema? ChampionSchema(ModelRegistry registry)
    {
        // Where champion.json was lost, its versions tell.
        if (registry.ChampionVersion is not { } version)
            return registry.HasVersions && registry.GoodVersions() is [var newest, ..] ? newest.Schema : null;
        try
        {
            return ModelArtifact.Load(registry.FolderOf(version)).Schema;
        }
        catch (ModelArtifactException)
        {
            // Loading it to score reports what is wrong; the version that replaces it decides here already.
            return registry.LastGoodBefore(version)?.Schema;
        }
    }
}
