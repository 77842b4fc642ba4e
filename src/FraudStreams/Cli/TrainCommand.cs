using System.CommandLine;
using System.Text.Json;
using FraudStreams.Ingest;
using FraudStreams.Model.Formats;
using FraudStreams.ModelOps;
using FraudStreams.Monitoring;
using FraudStreams.Settings;

namespace FraudStreams.Cli;

/// <summary>`train`: a model from a file of labelled payments.</summary>
static class TrainCommand
{
    static readonly Option<FileInfo> Input = new("--input")
    {
        Description = "Labelled payments, a CSV with a header. Its rows are read in the order of event time; a file in another order takes up to 64 bytes of memory a row more.",
        HelpName = "CSV",
        Required = true,
    };

    static readonly Option<bool> KeepChampion = new("--keep-champion")
    {
        Description = "Leave the version in service where it is. Default: the new model goes into service.",
    };

    public static Command Create()
    {
        var command = new Command("train", "Trains a model on labelled payments and puts it in service in the data folder. The latest part in time (model.validation) stops the training and chooses the threshold (model.threshold); how good the model is there is printed and kept on its card.");
        command.Options.Add(Input);
        command.Options.Add(KeepChampion);
        command.SetAction(Invoke);
        return command.WithExamples(
            "fraudstreams train --input history.csv",
            "fraudstreams train --input history.csv --set model.trees=500 --set \"model.threshold=alerts-per-day 50\"",
            "fraudstreams train --input history.csv --keep-champion --json");
    }

    static int Invoke(ParseResult call)
    {
        var settings = FraudSettings.From(call.Layers(options: $"simulate.input={RunCommand.ExistingFile(call.GetValue(Input)!)}").Load());
        var shelf = new ModelShelf(settings.DataDirectory, TimeProvider.System);
        using var stop = new StopSignals();
        var (model, why) = WorkProgress.Run(progress =>
        {
            var schema = new Installation(settings, TimeProvider.System).Schema();
            var trainer = new Trainer(settings.Model, shelf, progress, TimeProvider.System);
            return trainer.Train(new CsvHistory(settings.Simulate.Input!, schema), stop.Stopped);
        });
        if (model is null)
            throw new CommandFailedException(why!);
        if (!call.GetValue(KeepChampion))
            shelf.Promote(model.Version, "trained");
        if (call.GetValue(CommonOptions.Json))
            Console.Out.WriteLine(JsonSerializer.Serialize(model.Card, FolderStatus.Json));
        else
            Screen.Out.Write(MetricsTable.Render(model.Version, "measured on its validation part", model.Card.Metrics));
        return ExitCode.Done;
    }
}
