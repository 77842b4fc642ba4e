using FraudStreams.Configuration;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps.Guessing;
using FraudStreams.Simulation;
using FraudStreams.Simulation.Generation;

namespace FraudStreams.ModelOps;

/// <summary>Finds the schema of a stream from the settings, the input's header and the data folder's champion.</summary>
static class SchemaResolver
{
    const int GuessedRows = 2000;
    const int MostColumnsShown = 60;

    /// <summary>
    /// The schema that the setting names; or, with `auto`, the one that the input's header fits, of the program's or else the champion's, the champion's where there
    /// is no input, and `cards` in an empty folder.
    /// </summary>
    /// <exception cref="SettingsException">No schema fits, or the data folder belongs to another one.</exception>
    public static TransactionSchema Resolve(string name, string? input, string dataDirectory)
    {
        var champion = ChampionSchema(new LocalModels(dataDirectory, TimeProvider.System));
        var schema = name != "auto" ? SchemaFile.Read(name)
            : input is not null ? SchemaOf(input, champion)
            : champion ?? SchemaFile.Read(PaymentGenerator.SchemaName);
        if (champion is not null && champion.Name != schema.Name)
            throw new SettingsException($"{dataDirectory} belongs to schema {champion.Name}, and this is {schema.Name}: give another folder with --data");
        return schema;
    }

    /// <summary>The same for a file alone, whatever the data folder holds.</summary>
    /// <exception cref="SettingsException">No schema fits.</exception>
    public static TransactionSchema OfFile(string name, string input) => name != "auto" ? SchemaFile.Read(name) : SchemaOf(input, champion: null);

    /// <summary>Checks that a named schema is the model's, and that the file's header does not fit another one.</summary>
    /// <param name="name">The setting.</param>
    /// <returns>The model's schema, with the section csv of the named one.</returns>
    /// <exception cref="SettingsException">They differ: both names.</exception>
    public static TransactionSchema CheckModel(string name, string? input, ScoringModel model)
    {
        var schema = Written(name, model.Schema);
        if (name != "auto" && SchemaFile.Read(name) is var named && named.Name != schema.Name)
            throw new SettingsException($"model {model.Version} is of schema {schema.Name}, and this is {named.Name}: leave out --schema, or give another model with --model or --data");
        if (input is null || Refusal(input, schema) is null)
            return schema;
        if (SchemaFile.Find(known => Refusal(input, known) is null) is { } other)
            throw new SettingsException($"model {model.Version} is of schema {schema.Name}, and {input} is of {other.Name}: give a file of {schema.Name}, or another model with --model or --data");
        return schema;
    }

    /// <summary>A schema with the section csv of the named one: the files of a model's data set need not be written as the one that it was trained on.</summary>
    /// <param name="name">The setting.</param>
    public static TransactionSchema Written(string name, TransactionSchema schema) => name == "auto" ? schema : schema with { Csv = SchemaFile.Read(name).Csv };

    /// <summary>The schema of the program's that the header of an input file fits, or else the champion's.</summary>
    /// <exception cref="SettingsException">None does: the nearest, what it lacks, and how a schema of the file's own would begin.</exception>
    static TransactionSchema SchemaOf(string input, TransactionSchema? champion)
    {
        var name = InputFile.NameOf(input);
        using var file = InputFile.Open(input, CsvFormat.AsFound);
        var header = CsvHeader.Read(file.Stream, name, file.Format);
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

        if (champion is not null && Refusal(input, champion) is null)
            return champion;
        var proposal = SchemaGuesser.Of(input, GuessedRows);
        throw new SettingsException(
            $"{input} fits none of the schemas {string.Join(", ", SchemaFile.Names)}; name one with --schema, or a file of your own. " +
            (nearest is null ? "It has no column of any of them." : $"The nearest is {nearest.Name}: {reason}") +
            (proposal is null
                ? $"\nDoes the file begin with a line of column names? Its columns are taken to be separated by {(header.Separator == '\t' ? "tabs" : $"\"{header.Separator}\"")}."
                : $"\n`fraudstreams schema guess {input}` writes a schema file for it{(header.Names.Length <= MostColumnsShown ? $", to be corrected where a guess is wrong (docs/schemas.md):\n{proposal.Text}" : "")}"));
    }

    /// <summary>Why the header of a CSV file does not fit a schema; null if it does.</summary>
    static string? Refusal(string input, TransactionSchema schema)
    {
        using var file = InputFile.Open(input, schema.Csv);
        return RefusalOf(file, InputFile.NameOf(input), schema);
    }

    static string? RefusalOf(InputText file, string name, TransactionSchema schema)
    {
        try
        {
            file.Stream.Position = 0;
            using var csv = new CsvReader(file.Stream, schema, name, format: file.Format);
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
