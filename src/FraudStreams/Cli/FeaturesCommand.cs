using System.CommandLine;
using System.Text.Json;
using Akka.Actor;
using FraudStreams.Cli.Live;
using FraudStreams.Diagnostics;
using FraudStreams.ModelOps;
using FraudStreams.Replay;
using FraudStreams.Topics;
using Spectre.Console;

namespace FraudStreams.Cli;

/// <summary>`features verify`: whether predictions are what the log of payments gives.</summary>
static class FeaturesCommand
{
    public static Command Create()
    {
        var verify = new Command(
            "verify",
            "Computes the features of every prediction once more, from the topic of payments alone, and reports the first difference, or none. Compares the features that predictions carry (scoring.carry-features), and else their scores.");
        verify.SetAction(InvokeAsync);
        return new Command("features", "What models are given of payments.")
        {
            verify.WithExamples("fraudstreams features verify", "fraudstreams features verify --json    # exit code 1 where there is a difference"),
        };
    }

    static async Task<int> InvokeAsync(ParseResult call, CancellationToken cancellationToken)
    {
        var config = call.Layers().Load();
        var settings = FraudSettings.From(config);
        CommandChecks.HasTopics(settings);
        var schema = new ModelBootstrap(settings, TimeProvider.System).Schema();
        using var stop = new StopSignals();
        var result = await WorkProgress.RunAsync(async progress =>
        {
            using var system = ActorSystem.Create("verify", config);
            await using var topics = settings.Topics.Open(settings.DataDirectory, system, TimeProvider.System, _ => { });
            var total = (await topics.StatusAsync(stop.Stopped)).Topics.First(topic => topic.Topic == TopicNames.Predictions).Kept;
            var step = progress.Step($"verifying {total:N0} predictions");
            var verification = new FeatureVerification(topics, settings.Fitting(topics, schema), schema, new ModelRegistry(settings.DataDirectory, TimeProvider.System));
            return await verification.RunAsync(done => step((double)done / Math.Max(1, total)), stop.Stopped);
        });
        if (call.GetValue(CommonOptions.Json))
            Console.Out.WriteLine(JsonSerializer.Serialize(result, FolderStatus.Json));
        else
            Screen.Out.WriteLine(Words(result));
        return result.First is null ? ExitCode.Done : ExitCode.Failed;
    }

    static string Words(FeatureVerified result)
    {
        var counted = $"{result.Verified:N0} predictions verified, {result.WithFeatures:N0} of them with the features they carry";
        if (result.Unverifiable > 0)
            counted += $"; {result.Unverifiable:N0} cannot be: the topic no longer holds their payments or what came before, or their model is gone";
        return result.First is { } first
            ? $"{counted}. First difference: payment {first.Id} ({first.Place}), model {first.ModelVersion}: {first.What} was {first.Predicted:R} and is {first.Recomputed:R} from the log"
            : $"{counted}. No difference.";
    }
}
