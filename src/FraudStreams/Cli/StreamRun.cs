using System.Collections.Immutable;
using System.Text.Json;
using FraudStreams.Cli.Live;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Hosting;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using Spectre.Console;

namespace FraudStreams.Cli;

/// <summary>Starts the stream, shows it, and ends it: by a signal, or when it is drained.</summary>
static class StreamRun
{
    public static async Task<int> RunAsync(ConfigLayers layers, bool untilDrained, bool json)
    {
        var time = TimeProvider.System;
        var settings = FraudSettings.From(layers.Load());
        if (untilDrained && settings.Roles.Contains(Role.Simulate) && settings.Simulate.Input is null)
            throw new SettingsException("--until-drained needs an end to come to: name a file with --input CSV, or leave out the role simulate");
        using var signals = new StopSignals();

        // With --json standard output is for the result alone.
        var screen = json ? Screen.Error : Screen.Out;
        var live = settings.Console.Live ?? screen.Profile.Out.IsTerminal;
        var (schema, model) = Prepare(settings, screen, time, signals.Stopped);

        ImmutableArray<string> unfinished;
        long rejected;
        await using (var console = new StreamConsole(screen, live, settings.Console.LogEvery, time))
        await using (var host = new FraudHost(settings, schema, model, layers, console.Log, time))
        {
            console.Show(host.Counters, new RateSampler(host.Counters, host.Speeds, host.LagsAsync, time));
            using var draining = new CancellationTokenSource();
            var drained = untilDrained ? host.DrainedAsync(draining.Token) : new TaskCompletionSource().Task;
            var ended = await Task.WhenAny(signals.First, drained);
            await draining.CancelAsync();
            console.Log(ended == drained ? "Drained: the input is at its end and every branch has caught up" : $"{await signals.First}: finishing what was taken");
            await ended;
            unfinished = await host.StopAsync();
            rejected = host.Counters.Totals.Rejected;
        }

        screen.WriteLine(Ending(settings, unfinished));
        if (rejected > 0)
            screen.WriteLine($"{rejected:N0} records were rejected: `fraudstreams rejected` says why.");
        if (json)
            Console.Out.WriteLine(JsonSerializer.Serialize(FolderStatus.Read(settings), FolderStatus.Json));
        return unfinished.IsEmpty ? ExitCode.Done : ExitCode.Failed;
    }

    static (TransactionSchema Schema, ScoringModel? Model) Prepare(
        FraudSettings settings, IAnsiConsole screen, TimeProvider time, CancellationToken cancellationToken)
    {
        MakeFolder(settings.DataDirectory);
        var installation = new ModelBootstrap(settings, time);
        var schema = installation.Schema();
        if (!settings.Roles.Contains(Role.Score))
            return (schema, null);
        var isFirst = !installation.HasModel;
        var model = WorkProgress.Run(progress => installation.Model(schema, progress, cancellationToken));
        if (isFirst)
            screen.Write(MetricsTable.Render(model.Version, "the first model, measured on its validation part", model.Card.Metrics));
        return (schema, model);
    }

    static void MakeFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"fraudstreams.data = {folder}: it must be a folder that can be written: {e.Message}", e);
        }
    }

    static string Ending(FraudSettings settings, ImmutableArray<string> unfinished) => unfinished.IsEmpty
        ? "Stopped: everything that was taken is finished and committed."
        : $"Stopped after {settings.DrainTimeout.TotalSeconds:0.#} s (stop.drain-timeout) with {string.Join(", ", unfinished)} unfinished: what was under way there is read again at the next start.";
}
