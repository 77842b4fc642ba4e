using System.CommandLine;
using Akka.Actor;
using FraudStreams.Diagnostics;
using FraudStreams.ModelOps;
using FraudStreams.Pipelines;
using FraudStreams.Privacy;
using FraudStreams.Replay;
using FraudStreams.Topics;

namespace FraudStreams.Cli;

/// <summary>`features verify`: whether predictions can be reproduced from the log of payments.</summary>
static class FeaturesCommand
{
    public static Command Create()
    {
        var verify = new Command(
            "verify",
            "Recomputes the features of every prediction from the topic of payments alone, and reports the first difference, or none. Compares the features that predictions carry (scoring.carry-features), else their scores.");
        verify.SetAction(InvokeAsync);
        return new Command("features", "The features that models score.")
        {
            verify.WithExamples("fraudstreams features verify", "fraudstreams features verify --json    # exit code 1 where there is a difference"),
        };
    }

    static async Task<int> InvokeAsync(ParseResult call, CancellationToken cancellationToken)
    {
        var config = call.Layers().Load();
        var settings = FraudSettings.From(config);
        CommandChecks.HasTopics(settings);
        var schema = SchemaResolver.Resolve(settings.Schema, settings.Simulate.Input, settings.DataDirectory);
        await TopicSchema.CheckAsync(settings, schema, cancellationToken);
        using var stop = new StopSignals();
        var result = await WorkProgress.RunAsync(async progress =>
        {
            using var system = ActorSystem.Create("verify", config);
            await using var topics = TokenizedLog.Of(StreamTopics.Open(settings, CommandLog.Logger, TimeProvider.System), settings.Privacy.For(schema));
            var total = (await topics.StatusAsync(stop.Stopped)).Topics.First(topic => topic.Topic == TopicNames.Predictions).Kept;
            var step = progress.Step($"verifying {total:N0} predictions");
            var verification = new FeatureVerification(topics, settings.Fitting(topics, schema).Topics, schema, new LocalModels(settings.DataDirectory, TimeProvider.System));
            return await verification.RunAsync(done => step((double)done / Math.Max(1, total)), stop.Stopped);
        });
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(result);
        else
            Screen.Out.WritePlain(Describe(result));
        return result.First is null ? ExitCode.Done : ExitCode.Failed;
    }

    static string Describe(FeatureVerified result)
    {
        var text = $"{result.Verified:N0} predictions verified, {result.WithFeatures:N0} of them with the features they carry";
        if (result.Unverifiable > 0)
            text += $"; {result.Unverifiable:N0} cannot be: the topic no longer holds their payments or earlier ones, or their model is missing";
        return result.First is { } first
            ? $"{text}. First difference: payment {first.Id} ({first.Place}), model {first.ModelVersion}: {first.What} was {first.Predicted:R} and is {first.Recomputed:R} from the log"
            : $"{text}. No difference.";
    }
}
