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

    /// <summary>The built-in schema that the header of a CSV file fits.</summary>
    static TransactionSchema SchemaOf(string input)
    {
        var refusals = new List<string>();
        foreach (var name in SchemaFile.Names)
        {
            var schema = SchemaFile.Read(name);
            try
            {
                using var file = File.OpenRead(input);
                using var csv = new CsvReader(file, schema, Path.GetFileName(input));
                return schema;
            }
            catch (SchemaException e)
            {
                refusals.Add(e.Message);
            }
        }

        throw new SettingsException(
            $"{input} fits none of the schemas {string.Join(", ", SchemaFile.Names)}; name one with --schema, or a file of your own:\n{string.Join('\n', refusals)}");
    }

    static TransactionSchema? ChampionSchema(ModelRegistry registry)
    {
        if (registry.ChampionVersion is not { } version)
            return null;
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
