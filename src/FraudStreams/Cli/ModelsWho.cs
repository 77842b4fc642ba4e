using System.CommandLine;
using System.Globalization;
using FraudStreams.Diagnostics;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Replay;

namespace FraudStreams.Cli;

/// <summary>`models who`: which version decided about a payment, and who put it there.</summary>
static class ModelsWho
{
    public static async Task<int> RunAsync(ParseResult call, FraudSettings settings, ModelService models, CancellationToken cancellationToken)
    {
        var id = call.GetValue<string>("ID")!;
        var decision = settings.Store.ReadCounts(settings.DataDirectory).Stored > 0 ? await FindAsync(settings, models, id, cancellationToken) : null;
        if (decision is null)
            throw new CommandFailedException($"the store has no payment {id}: what decided about it is known there once it is stored");
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(decision);
        else
            Print(decision);
        return ExitCode.Done;
    }

    static async Task<PaymentDecision?> FindAsync(FraudSettings settings, ModelService models, string id, CancellationToken cancellationToken)
    {
        var schema = SchemaResolver.Resolve(settings.Schema, settings.Simulate.Input, settings.DataDirectory);
        await using var store = settings.Store.Open(settings.DataDirectory, settings.Topics, schema, TimeProvider.System);
        return await PaymentDecision.FindAsync(store, models, id, cancellationToken);
    }

    static void Print(PaymentDecision decision)
    {
        var service = decision.Service;
        var threshold = service.Threshold is { } score ? $", threshold {Number(score)}" : "";
        Screen.Out.WritePlain($"payment {decision.Id} of {Time(decision.EventTime)}");
        Screen.Out.WritePlain($"score {Number(decision.Score)}{threshold}: {Said(decision.Prediction)} by {decision.ModelVersion} at {Time(decision.ScoredAt)}");
        if (service.InService is null)
            Screen.Out.WritePlain($"The history has no entry that put {decision.ModelVersion} into service.");
        ModelsView.PrintLines(new[] { service.Registered, service.Requested }.Concat(service.Approvals).Append(service.InService).Append(service.ThresholdChanged)
            .OfType<HistoryLine>().DistinctBy(entry => entry.Number).OrderBy(entry => entry.Number));
        foreach (var other in decision.Shadow)
            Screen.Out.WritePlain($"in its shadow {other.ModelVersion}: score {Number(other.Score)}, threshold {Number(other.Threshold)}: {Said(other.Prediction)}");
    }

    static string Said(int prediction) => prediction == 1 ? "predicted a fraud" : "not predicted a fraud";

    static string Time(DateTimeOffset time) => $"{time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC";

    static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
