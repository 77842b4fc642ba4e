using FraudStreams.Configuration;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.Simulation;
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
        var champion = ChampionSchema(new LocalModels(dataDirectory, TimeProvider.System));
        var schema = name != "auto" ? SchemaFile.Read(name)
            : input is not null ? SchemaOf(input)
            : champion ?? SchemaFile.Read(PaymentGenerator.SchemaName);
        if (champion is not null && champion.Name != schema.Name)
            throw new SettingsException($"{dataDirectory} belongs to schema {champion.Name}, and this is {schema.Name}: give another folder with --data");
        return schema;
    }

    /// <summary>The same for a file alone, whatever the data folder holds.</summary>
    /// <exception cref="SettingsException">No schema fits.</exception>
    public static TransactionSchema OfFile(string name, string input) => name != "auto" ? SchemaFile.Read(name) : SchemaOf(input);

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
    /// <exception cref="SettingsException">None does: the nearest, what it lacks, and how a schema of the file's own would begin.</exception>
    static TransactionSchema SchemaOf(string input)
    {
        var name = InputFile.NameOf(input);
        using var file = InputFile.Open(input);
        var header = CsvHeader.Read(file, name);
        var (nearest, most, reason) = ((TransactionSchema?)null, 0, "");
        foreach (var schema in SchemaFile.Names.Select(SchemaFile.Read))
        {
            if (RefusalOf(file, name, schema) is not { } refusal)
                return schema;

            // Of as many columns in common, the nearer one lacks less. An id that the schema makes itself is no column of it.
            var common = header.FieldsOf(schema).Count(field => field >= 0 && (field != schema.IdField || !schema.Roles.IdFromRow));
            var score = (2 * common) - header.LacksOf(schema).Length;
            if (common > 0 && (nearest is null || score > most))
                (nearest, most, reason) = (schema, score, refusal);
        }

        var proposal = SchemaProposal.For(header);
        throw new SettingsException(
            $"{input} fits none of the schemas {string.Join(", ", SchemaFile.Names)}; name one with --schema, or a file of your own. " +
            (nearest is null ? "It has no column of any of them." : $"The nearest is {nearest.Name}: {reason}") +
            (proposal is null
                ? $"\nDoes the file begin with a line of column names? Its columns are taken to be separated by {(header.Separator == '\t' ? "tabs" : $"\"{header.Separator}\"")}."
                : $"\nA schema file for it, to be corrected where a guess is wrong (docs/extending.md), would say:\n{proposal}"));
    }

    /// <summary>Why the header of a CSV file does not fit a schema; null if it does.</summary>
    static string? Refusal(string input, TransactionSchema schema)
    {
        using var file = InputFile.Open(input);
        return RefusalOf(file, InputFile.NameOf(input), schema);
    }

    static string? RefusalOf(Stream file, string name, TransactionSchema schema)
    {
        try
        {
            file.Position = 0;
            using var csv = new CsvReader(file, schema, name);
            return null;
        }
        catch (SchemaException e)
        {
            return e.Message;
        }
    }

    static TransactionSchema? ChampionSchema(LocalModels local)
    {
        // Where champion.json was lost, its versions tell.
        if (local.ChampionVersion is not { } version)
            return local.HasVersions && local.GoodVersions() is [var newest, ..] ? newest.Schema : null;
        try
        {
            return ModelArtifact.LoadCard(local.FolderOf(version)).Schema;
        }
        catch (ModelArtifactException)
        {
            // Loading it to score reports what is wrong; the version that replaces it decides here already.
            return local.LastGoodBefore(version)?.Schema;
        }
    }
}
