using System.Text.Json;
using FraudStreams.Ingest;
using FraudStreams.ModelOps;
using FraudStreams.Monitoring;
using FraudStreams.Settings;

namespace FraudStreams.Cli;

/// <summary>Starts the stream, shows it, and ends it: by a signal, or when it is drained.</summary>
static class StreamRun
{
    public static async Task<int> RunAsync(ConfigLayers layers, bool untilDrained, bool json, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var settings = FraudSettings.From(layers.Load());
        using var signals = new StopSignals();
        using var starting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _ = signals.First.ContinueWith(_ => starting.Cancel(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);

        using var output = new StreamOutput(settings, quiet: json);
        var installation = new Installation(settings, output, time);
        var schema = installation.Schema();
        var model = settings.Roles.Contains(Role.Score) ? await installation.ModelAsync(schema, starting.Token) : null;

        await using var host = new FraudHost(settings, schema, model, layers, time);
        output.Started(host, model?.Version);
        using var draining = new CancellationTokenSource();
        var drained = untilDrained ? host.DrainedAsync(draining.Token) : new TaskCompletionSource().Task;
        var ended = await Task.WhenAny(signals.First, drained);
        await draining.CancelAsync();

        output.Stopping(ended == drained ? "The input is at its end and every branch has caught up" : await signals.First);
        var unfinished = await host.StopAsync();
        output.Stopped(host, unfinished);
        if (ended == drained)
            await drained;
        if (json)
            Console.Out.WriteLine(JsonSerializer.Serialize(FolderStatus.Read(settings.DataDirectory), FolderStatus.Json));
        return unfinished.IsEmpty ? ExitCode.Done : ExitCode.Failed;
    }
}
