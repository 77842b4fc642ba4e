using System.CommandLine;
using Akka.Actor;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Pipelines;
using FraudStreams.Topics;

namespace FraudStreams.Cli;

/// <summary>`train`: a model from a file of labelled payments, or from predictions that carry their features.</summary>
static class TrainCommand
{
    static readonly Option<FileInfo?> Input = new("--input")
    {
        Description = $"Labelled payments: {InputOptions.Forms}. Its rows are read in the order of event time; a file in another order takes up to 64 bytes of memory a row more.",
        HelpName = "CSV",
    };

    static readonly Option<bool> FromPredictions = new("--from-predictions")
    {
        Description = "Instead of a file: the retained predictions of the topic, with exactly the features that they were scored with and carry (scoring.carry-features = on). Labels are the confirmed ones, else the payment's own; payments with neither are left out. The categories are the champion's.",
    };

    static readonly Option<string?> Trainer = CreateTrainer();

    static readonly Option<bool> KeepChampion = new("--keep-champion")
    {
        Description = "Leave the version in service where it is. Default: the new model goes into service.",
    };

    public static Command Create()
    {
        var command = new Command("train", "Trains a model on labelled payments, from a file or from predictions that carry their features, and puts it in service in the data folder. The latest part in time (model.validation) stops the training and chooses the threshold (model.threshold); the metrics on that part are printed and kept on the model card.");
        command.Options.Add(Input);
        command.Options.Add(FromPredictions);
        command.Validators.Add(given =>
        {
            if (given.GetResult(Input) is null != given.GetValue(FromPredictions))
                given.AddError("give one of --input CSV and --from-predictions: what to learn from");
        });
        command.Options.Add(Trainer);
        command.Options.Add(KeepChampion);
        command.Options.Add(InputOptions.MaxRejected);
        command.SetAction(InvokeAsync);
        return command.WithExamples(
            "fraudstreams train --input history.csv",
            "fraudstreams train --input history.csv --set model.trees=500 --set \"model.threshold=alerts-per-day 50\"",
            "fraudstreams train --input history.csv --keep-champion --json",
            "fraudstreams train --input history.csv --trainer logistic --keep-champion",
            "fraudstreams train --from-predictions --keep-champion");
    }

    static Option<string?> CreateTrainer()
    {
        var option = new Option<string?>("--trainer")
        {
            Description = "Who trains: trees (this program's own), or ML.NET's logistic, lightgbm, fasttree. Default: model.trainer, trees.",
            HelpName = "TRAINER",
        };
        option.AcceptOnlyFromAmong("trees", "logistic", "lightgbm", "fasttree");
        return option;
    }

    static Task<int> InvokeAsync(ParseResult call, CancellationToken cancellationToken)
    {
        var trainer = call.GetValue(Trainer);
        return RunAsync(call, call.GetValue(Input), !call.GetValue(KeepChampion), trainer is null ? [] : [$"model.trainer={trainer}"]);
    }

    /// <param name="input">What to learn from; null for predictions.</param>
    /// <param name="isChampion">Whether the new model goes into service.</param>
    /// <param name="options">Settings that the command's own options stand for.</param>
    internal static async Task<int> RunAsync(ParseResult call, FileInfo? input, bool isChampion, IEnumerable<string> options)
    {
        var config = call.Layers(options: [.. options, .. input is null ? (string[])[] : [$"simulate.input={RunCommand.ExistingFile(input)}"], .. InputOptions.Of(call)]).Load();
        var settings = FraudSettings.From(config);
        CommandChecks.MakeFolder(settings.DataDirectory);
        var registry = new LocalModels(settings.DataDirectory, TimeProvider.System);
        using var stop = new StopSignals();
        var (model, why) = await WorkProgress.RunAsync(async progress =>
        {
            var training = new Trainer(settings.Model, registry, progress, TimeProvider.System) { Input = settings.Input };
            var schema = SchemaResolver.Resolve(settings.Schema, settings.Simulate.Input, settings.DataDirectory);
            // A file can be learnt from without a broker at hand.
            if (input is null || settings.Topics.Kafka is null)
                await TopicSchema.CheckAsync(settings, schema, stop.Stopped);
            if (input is not null)
                return training.Train(new CsvHistory(settings.Simulate.Input!, schema), stop.Stopped);
            using var system = ActorSystem.Create("train", config);
            return await TrainFromPredictionsAsync(training, settings, schema, registry, system, progress, stop.Stopped);
        });
        if (model is null)
            throw new CommandFailedException(why!);
        var isInService = await RegisterAsync(settings, registry, model, isChampion, stop.Stopped);
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(ResultOf(model, isInService));
        else
        {
            Screen.Out.Write(MetricsTable.Render(model.Version, "measured on its validation part", model.Card.Metrics));
            Screen.Out.WritePlain(isInService ? $"{model.Version} is in service." : $"{model.Version} is not in service.");
        }

        return ExitCode.Done;
    }

    /// <summary>A running stream scores with it within a second.</summary>
    /// <returns>Whether it is in service.</returns>
    static async Task<bool> RegisterAsync(FraudSettings settings, LocalModels local, ScoringModel model, bool isChampion, CancellationToken cancellationToken)
    {
        try
        {
            await using var topics = StreamTopics.OpenRegistry(settings, CommandLog.Logger, TimeProvider.System);
            await using var registry = new ModelRegistry(topics, local, settings.Models.Probation.Time, TimeProvider.System);
            await registry.RegisterAsync(model.Card, ModelsCommand.User, "trained", cancellationToken);
            if (!isChampion)
                return false;
            if (await registry.PromoteAsync(model.Version, ModelsCommand.User, "trained", settings.Models.Approvals, cancellationToken))
            {
                local.Follow(registry.State);
                return true;
            }

            await Console.Error.WriteLineAsync($"{model.Version} goes into service once approved ({settings.Models.Approvals} must): `fraudstreams models approve {model.Version} --why TEXT`");
            return false;
        }
        catch (MessageLogException e)
        {
            // A file can be learnt from without a broker at hand.
            await Console.Error.WriteLineAsync($"{model.Version} is not in the registry yet: {e.Message}. The next start of this host writes it there");
            if (isChampion && settings.Models.Approvals == 0)
                local.Promote(model.Version, "trained");
            return false;
        }
    }

    static async Task<(ScoringModel? Model, string? Why)> TrainFromPredictionsAsync(
        Trainer trainer, FraudSettings settings, TransactionSchema schema, LocalModels registry, ActorSystem system, WorkProgress progress, CancellationToken stop)
    {
        CommandChecks.HasTopics(settings);
        var champion = registry.Champion()
            ?? throw new CommandFailedException($"there is no model in {settings.DataDirectory} whose predictions could be learnt from: `fraudstreams run` trains a first one");
        await using var store = settings.Store.Open(settings.DataDirectory, settings.Topics, schema, TimeProvider.System);
        var confirmed = (await store.ReadLabelsAsync(stop)).GroupBy(label => label.Id).ToDictionary(of => of.Key, of => of.Last().Fraud);
        await using var topics = StreamTopics.Open(settings, CommandLog.Logger, TimeProvider.System);
        var kept = (await topics.StatusAsync(stop)).Topics.First(topic => topic.Topic == TopicNames.Predictions).Kept;
        var step = progress.Step($"Reading {kept:N0} predictions");
        var rows = await new LoggedHistory(topics, settings.Topics.Partitions, registry).ReadAsync(
            champion.Features, confirmed, progress, read => step((double)read / Math.Max(1, kept)), stop);
        return trainer.Train(LoggedHistory.Name, champion.Features, rows, champion.Card.Training.Columns, stop);
    }

    /// <summary>What the model card says, for people and programs: features by name, without the plan that computes them.</summary>
    static object ResultOf(ScoringModel model, bool isInService)
    {
        var card = model.Card;
        return new
        {
            card.Version,
            card.CreatedAt,
            card.Parent,
            IsInService = isInService,
            Schema = card.Schema.Name,
            Features = card.Features.Columns.Select(column => new { column.Name, column.Kind }),
            card.Threshold,
            card.Training,
            card.Metrics,
        };
    }
}
