using System.CommandLine;
using System.Globalization;
using FraudStreams.Configuration;
using FraudStreams.Model.Features;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;

namespace FraudStreams.Cli;

/// <summary>`models import`: a version of this program, or a model from elsewhere, comes into the registry.</summary>
static class ModelsImport
{
    static readonly Option<FileInfo?> FeaturesOf = new("--features")
    {
        Description = "For a model from elsewhere: what its features are, in its order; a HOCON file, see docs/models.md.",
        HelpName = "FILE",
    };

    static readonly Option<string?> Threshold = new("--threshold")
    {
        Description = "For a model from elsewhere: the score, 0 to 1, from which a payment is predicted a fraud.",
        HelpName = "SCORE",
    };

    static readonly Option<FileInfo?> Expect = new("--expect")
    {
        Description = "For a model from elsewhere: payments with a column score, as the library gave it. Another score here refuses the import.",
        HelpName = "CSV",
    };

    public static IEnumerable<Option> Options => [FeaturesOf, Threshold, Expect];

    public static async Task<int> RunAsync(ParseResult call, FraudSettings settings, ModelService models, CancellationToken cancellationToken)
    {
        var from = Path.GetFullPath(call.GetValue<string>("PATH")!);
        var why = call.GetValue(ModelsCommand.WhyOrNone) is { Length: > 0 } given ? given : null;
        var schema = SchemaResolver.Resolve(settings.Schema, null, settings.DataDirectory);
        if (File.Exists(from))
            return await ImportForeignAsync(call, from, schema, why, models, cancellationToken);
        foreach (var option in (Option[])[FeaturesOf, Threshold, Expect])
        {
            if (call.GetResult(option) is { Implicit: false })
                throw new SettingsException($"{option.Name} is for the file of a model from elsewhere, and {from} is {(Directory.Exists(from) ? "a folder" : "not there")}");
        }

        var version = await models.ImportAsync(from, call.GetValue(ModelsCommand.As)!, why, cancellationToken);
        return ModelsCommand.Say(call, version, $"{version.Version} is in the registry; `fraudstreams models promote {version.Version} --why TEXT` puts it into service.");
    }

    static async Task<int> ImportForeignAsync(ParseResult call, string file, TransactionSchema schema, string? why, ModelService models, CancellationToken cancellationToken)
    {
        if (call.GetValue(FeaturesOf) is not { } map)
            throw new SettingsException("--features is missing: the file that says what the model's features are (docs/models.md, \"Models from elsewhere\")");
        if (call.GetValue(Threshold) is not { } threshold)
            throw new SettingsException("--threshold is missing: the score, 0 to 1, from which a payment is predicted a fraud");
        var expected = call.GetValue(Expect) is { } csv ? RunCommand.ExistingFile(csv) : null;
        var imported = await models.ImportForeignAsync(
            file, map.FullName, ModelsCommand.ThresholdOf(threshold), expected, schema, call.GetValue(ModelsCommand.As)!, why, cancellationToken);
        var (version, import) = (imported.Summary.Version, imported.Import);
        return ModelsCommand.Say(call, imported.Summary,
            $"{import.What}. {Comparison(import)}{(import.HasReasons ? "" : " It gives no reasons for its scores.")}\n" +
            $"{version} is in the registry; `fraudstreams models promote {version} --why TEXT` puts it into service." + NewInSchema(import.Model.Schema, imported.Schema));
    }

    static string Comparison(ForeignImported imported) => imported switch
    {
        { Compared: 0 } => "No scores were compared; --expect does.",
        { LargestDifference: { } largest } => $"{imported.Compared:N0} scores are the expected ones; the largest difference is {largest.ToString("0.#e-0", CultureInfo.InvariantCulture)}.",
        _ => $"{imported.Compared:N0} scores are the expected ones, bit for bit.",
    };

    /// <summary>A stream computes the features of its schema's file: those that the map added must stand there as well.</summary>
    static string NewInSchema(TransactionSchema schema, TransactionSchema file)
    {
        if (schema == file)
            return "";
        var lines = schema.Features.Skip(file.Features.Length).Select(feature => feature switch
        {
            NumberFeature number => $"  {{ name = {number.Name}, number = {number.Field} }}",
            CategoryFeature category => $"  {{ name = {category.Name}, category = {category.Field}, min-count = {category.LeastCount} }}",
            _ => throw new InvalidOperationException($"{feature.Name} is of a kind that no map adds."),
        });
        return $"\nIts features are more than those of schema {file.Name}. Start the stream with a file of that schema (--schema FILE.conf) that has at the end of its list features:\n{string.Join('\n', lines)}";
    }
}
