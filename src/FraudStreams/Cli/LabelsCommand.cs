using System.CommandLine;
using Akka.Actor;
using FraudStreams.Access;
using FraudStreams.Access.Audit;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Labels;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.Pipelines;
using FraudStreams.Simulation;
using FraudStreams.Storage;

namespace FraudStreams.Cli;

/// <summary>`labels import`: publishes confirmed labels from a file to the topic labels.</summary>
static class LabelsCommand
{
    /// <summary>Of a file with many wrong lines only the first are reported.</summary>
    const int MaxRefusalsShown = 50;

    static readonly Argument<FileInfo> Input = new("FILE")
    {
        Description = "A CSV whose first line is id,true_value,confirmed_at,confirmed_by; - reads standard input. true_value: 1 is fraud, 0 is not. With --schema it is read as that schema's section csv says.",
    };

    public static Command Create()
    {
        var import = new Command(
            "import",
            "Publishes a file of labels to the topic labels; the role label writes them to the stored payments. Says how many ids no stored payment has. Importing a file again adds nothing.");
        import.Arguments.Add(Input);
        import.Options.Add(InputOptions.MaxRejected);
        import.Options.Add(ModelsCommand.As);
        import.SetAction(InvokeAsync);
        return new Command("labels", "Confirmed labels of payments: fraud or not.")
        {
            import.WithExamples(
                "fraudstreams labels import confirmed.csv",
                "fraudstreams labels import confirmed.csv --data /srv/fraudstreams --json"),
        };
    }

    static async Task<int> InvokeAsync(ParseResult call, CancellationToken cancellationToken)
    {
        var path = call.GetValue(Input)!;
        var input = RunCommand.ExistingFile(path, "a CSV file of labels");
        var name = InputFile.NameOf(input);
        var config = call.Layers(options: InputOptions.Of(call)).Load();
        var settings = FraudSettings.From(config);
        if (settings.Topics.Kafka is null && !Directory.Exists(settings.DataDirectory))
            throw new CommandFailedException($"there is no data folder {settings.DataDirectory}: `fraudstreams run` makes it; --data names another");
        CommandChecks.MakeFolder(settings.DataDirectory);
        using var stop = new StopSignals();
        var result = await WorkProgress.RunAsync(async progress =>
        {
            var refused = 0L;
            using var system = ActorSystem.Create("labels", config);
            await using var topics = StreamTopics.Open(settings, CommandLog.Logger, TimeProvider.System);
            await using var access = new AccessTopics(() => StreamTopics.OpenAccess(settings, CommandLog.Logger, TimeProvider.System), TimeProvider.System);
            await using var store = await OpenStoreAsync(settings, progress, stop.Stopped);
            using var file = InputFile.Open(input, CsvOf(settings));
            var step = progress.Step($"publishing the labels of {name}");
            var result = await LabelImport.RunAsync(
                file.Stream, name, file.Format, topics, store,
                () => new AuditLog(access).AppendAsync(new AuditEntry(TimeProvider.System.GetUtcNow(), call.GetValue(ModelsCommand.As)!, "label.imported", name)),
                refusal => { if (refused++ < MaxRefusalsShown) progress.Warning(refusal); }, step, TimeProvider.System, stop.Stopped);
            step(1);
            if (refused > MaxRefusalsShown)
                progress.Warning($"… and {refused - MaxRefusalsShown:N0} more lines that are not labels");
            return result;
        });
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(result);
        else
            Screen.Out.WritePlain(Describe(result));

        // A label that is lost is a payment that stays without one: unlike a payment, it is missed where it was not asked for.
        return call.GetValue(InputOptions.MaxRejected) is null ? result.Refused == 0 ? ExitCode.Done : ExitCode.Failed
            : settings.Input.Refusal(name, result.Refused, result.Refused + result.Imported + result.AlreadyThere) is { } refusal ? throw new TooManyRejectedException(refusal)
            : ExitCode.Done;
    }

    /// <summary>How files of labels are written: as those of payments, where a schema is named that says it.</summary>
    static CsvFormat CsvOf(FraudSettings settings) => settings.Schema == "auto" ? CsvFormat.AsFound : SchemaFile.Read(settings.Schema).Csv;

    static string Describe(LabelImportResult result)
    {
        var text = $"{result.Imported:N0} labels published, {result.AlreadyThere:N0} already there, {result.Refused:N0} lines refused";
        return result.WithoutPayment is > 0 and var ids
            ? $"{text}. {ids:N0} {(ids == 1 ? "id has" : "ids have")} no payment in the store yet: {string.Join(", ", result.IdsWithoutPayment)}{(ids > result.IdsWithoutPayment.Length ? ", …" : "")}"
            : text;
    }

    /// <summary>The store, to look up payments and labels; null, with a warning, if there is none yet or it cannot be asked: labels only need the topic.</summary>
    static async Task<PredictionStore?> OpenStoreAsync(FraudSettings settings, WorkProgress progress, CancellationToken cancellationToken)
    {
        string why;
        PredictionStore? store = null;
        try
        {
            if (settings.Store.Exists(settings.DataDirectory))
            {
                var schema = SchemaResolver.Resolve(settings.Schema, settings.Simulate.Input, settings.DataDirectory);
                store = settings.Store.Open(settings.DataDirectory, settings.Topics, schema, TimeProvider.System);
                // A server that is away is known now, before anything is published.
                await store.FindAsync([], cancellationToken);
                return store;
            }

            why = "there is no store yet";
        }
        catch (StoreException e)
        {
            why = e.Message;
        }

        if (store is not null)
            await store.DisposeAsync();
        progress.Warning($"Whether the ids have payments was not looked up: {why}");
        return null;
    }
}
