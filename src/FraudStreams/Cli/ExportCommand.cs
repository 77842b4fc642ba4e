using System.CommandLine;
using FraudStreams.Diagnostics;
using FraudStreams.Labels;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;

namespace FraudStreams.Cli;

/// <summary>`export`: confirmed payments as a training file.</summary>
static class ExportCommand
{
    const string Parquet = "parquet";

    static readonly Option<FileInfo> Validated = new("--validated")
    {
        Description = "The file to write: the columns of the file that the model in service was trained on, in its order and with its separator, else the schema's; with the confirmed label. It holds full card numbers: nothing in it is masked, and only its owner may read it.",
        HelpName = "FILE",
        Required = true,
    };

    static readonly Option<bool> NoHeader = new("--no-header")
    {
        Description = "Leave out the line of column names, for a file that is appended to a training file.",
    };

    static readonly Option<string> Format = CreateFormat();

    static readonly Option<bool> Force = CommandChecks.Force();

    public static Command Create()
    {
        var command = new Command("export", "Writes payments with a confirmed label, in the order of event time, as rows of a training file, with full card numbers.");
        command.Options.Add(Validated);
        command.Options.Add(NoHeader);
        command.Options.Add(Format);
        command.Options.Add(Force);
        command.Validators.Add(given =>
        {
            if (given.GetValue(NoHeader) && given.GetValue(Format) == Parquet)
                given.AddError("--no-header and --format parquet: only rows of a CSV can be appended to a file");
        });
        command.SetAction(InvokeAsync);
        return command.WithExamples(
            "fraudstreams export --validated confirmed.csv",
            "fraudstreams export --validated confirmed.parquet --format parquet",
            "fraudstreams export --validated more.csv --no-header && cat history.csv more.csv > longer.csv && fraudstreams train --input longer.csv");
    }

    static Option<string> CreateFormat()
    {
        var option = new Option<string>("--format")
        {
            Description = "csv, written as the section csv of the schema says, or parquet, with the schema's columns and their types.",
            HelpName = "FORMAT",
            DefaultValueFactory = _ => "csv",
        };
        option.AcceptOnlyFromAmong("csv", Parquet);
        return option;
    }

    static async Task<int> InvokeAsync(ParseResult call, CancellationToken cancellationToken)
    {
        var path = call.GetValue(Validated)!;
        var settings = FraudSettings.From(call.Layers().Load());
        CommandChecks.MayWrite(path.FullName, call.GetValue(Force));
        if (settings.Store.ReadCounts(settings.DataDirectory).Stored == 0)
            throw new CommandFailedException($"there are no payments in the store of {settings.DataDirectory}: `fraudstreams run` stores some");
        var schema = SchemaResolver.Resolve(settings.Schema, settings.Simulate.Input, settings.DataDirectory);
        using var stop = new StopSignals();
        var rows = await WorkProgress.RunAsync(async progress =>
        {
            await using var store = settings.Store.Open(settings.DataDirectory, settings.Topics, schema, TimeProvider.System);
            if (schema.HasSecrets)
                progress.Warning($"{path.Name} holds full card numbers: nothing in it is masked");
            var step = progress.Step($"writing {path.Name}");
            return await ConfirmedExport.RunAsync(store, path.FullName, TrainingColumns(settings, schema), !call.GetValue(NoHeader), call.GetValue(Format) == Parquet, step, stop.Stopped);
        });
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(new { rows });
        else
            Screen.Out.WritePlain($"{rows:N0} confirmed payments in {path.Name}");
        return ExitCode.Done;
    }

    /// <summary>The header of the file that the model in service learnt from, as its card keeps it; null where it did not learn from a file.</summary>
    static CsvHeader? TrainingColumns(FraudSettings settings, TransactionSchema schema)
    {
        try
        {
            return new LocalModels(settings.DataDirectory, TimeProvider.System).Champion()?.Card.Training.Columns is { } columns ? CsvHeader.Parse(columns, schema.Csv) : null;
        }
        catch (ModelArtifactException)
        {
            // Missing or damaged: the schema's own columns are what is left.
            return null;
        }
    }
}
