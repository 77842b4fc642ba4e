using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using FraudStreams.Access;
using FraudStreams.Access.Audit;
using FraudStreams.Alerting;
using FraudStreams.Api;
using FraudStreams.Cli.Live;
using FraudStreams.Configuration;
using FraudStreams.Dashboard;
using FraudStreams.Diagnostics;
using FraudStreams.Hosting;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Pipelines;
using FraudStreams.Simulation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
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
        using var listener = settings.Roles.Contains(Role.Api) ? ApiListener.Open(settings.Api) : null;

        // With --json standard output is for the result alone.
        var screen = json ? Screen.Error : Screen.Out;

        // So is a log of JSON lines for them.
        var texts = settings.Log.Format == LogFormat.Json ? Screen.Error : screen;
        var live = settings.Log.Format == LogFormat.Human && (settings.Console.Live ?? screen.Profile.Out.IsTerminal);
        (settings, var schema) = await PrepareAsync(settings, time);
        var options = new StreamOptions(settings, schema, null, layers);

        ImmutableArray<string> unfinished;
        long produced, rejected, rejectedPayments, scored;
        ImmutableArray<string>? left;
        await using (var console = new StreamConsole(screen, live, settings.Console.LogEvery, time))
        {
            var host = StreamHost.Build(options, console.Log, signals, time, listener is null ? null : services => AddApi(services, listener));
            try
            {
                if (listener is not null)
                    OpenApi(host.Services);
                options.Model = await ModelAsync(
                    settings, schema, host.Services.GetRequiredService<StartSteps>(), settings.Log.Format == LogFormat.Human ? listener?.Address : null, texts, time, signals.Stopped);
                using var totals = new MetricTotals(host.Services.GetRequiredService<StreamMetrics>());
                // A signal that comes meanwhile drains what has started.
                await host.StartAsync(CancellationToken.None);
                var stream = host.Services.GetRequiredService<StreamService>();
                var log = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("FraudStreams.Run");
                if (FileAccessRights.IsOpenToOthers(settings.DataDirectory))
                {
                    log.LogWarning(
                        "{Folder} is open to all users of this machine and holds card numbers: chmod -R go-rwx {Path} closes it and what earlier releases made in it",
                        settings.DataDirectory, Path.GetFullPath(settings.DataDirectory));
                }

                if (settings.Privacy.KeyFile is { } keyFile && FileAccessRights.IsOpenToOthers(keyFile))
                    log.LogWarning("{File} is open to all users of this machine, and whoever reads it can tell which token is which card: chmod o-rwx {Path} closes it", keyFile, Path.GetFullPath(keyFile));
                console.ShowAddress(settings.Log.Format == LogFormat.Human ? listener?.Address.ToString() : null);
                console.Show(
                    host.Services.GetRequiredService<DeliveredAlerts>(), new RateSampler(totals, stream.Rates, stream.LagsAsync, time),
                    settings.Log.Format == LogFormat.Json ? log : null);
                await WaitForEndAsync(stream, signals, untilDrained, log);
                await host.StopAsync();
                (unfinished, left) = (stream.Unfinished, stream.Left);
                (produced, rejected, rejectedPayments, scored) = (totals.Current.Transactions, totals.Current.Rejected, totals.RejectedPayments, totals.Current.Scored);
            }
            finally
            {
                await ((IAsyncDisposable)host).DisposeAsync();
            }
        }

        texts.WritePlain(Ending(settings, unfinished));
        if (Rest(left) is { Length: > 0 } rest)
            texts.WritePlain(rest);
        if (rejected > 0)
            texts.WritePlain($"{rejected:N0} records were rejected: `fraudstreams rejected` says why.");
        if (json)
            JsonOutput.Print(FolderStatus.Read(settings));

        // Of an input that was sent before, nothing is left to judge it by.
        if (settings.Simulate.Input is { } input && produced > 0
            && settings.Input.Refusal(InputFile.NameOf(input), rejectedPayments, rejectedPayments + scored) is { } refusal)
            throw new TooManyRejectedException(refusal);
        return unfinished.IsEmpty ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>Not inlined: ASP.NET Core is loaded where this is called.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static void AddApi(IServiceCollection services, ApiListener listener)
    {
        ApiService.AddTo(services, listener);
        DashboardPage.AddTo(services);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void OpenApi(IServiceProvider services) => services.GetRequiredService<ApiService>().Open();

    static async Task WaitForEndAsync(StreamService stream, StopSignals signals, bool untilDrained, ILogger log)
    {
        using var draining = new CancellationTokenSource();
        var drained = untilDrained ? stream.DrainedAsync(draining.Token) : new TaskCompletionSource().Task;
        var ended = await Task.WhenAny(signals.First, drained);
        await draining.CancelAsync();
        if (ended == drained)
            log.LogInformation("Drained: the input is at its end and every pipeline has caught up");
        else
            log.LogInformation("{Signal}: draining what is in flight", await signals.First);
        await ended;
    }

    static async Task<(FraudSettings Settings, TransactionSchema Schema)> PrepareAsync(FraudSettings settings, TimeProvider time)
    {
        CommandChecks.MakeFolder(settings.DataDirectory);
        var schema = SchemaResolver.Resolve(settings.Schema, settings.Simulate.Input, settings.DataDirectory);

        // Without its key the stream does not start: said before a model is trained.
        _ = settings.Privacy.For(schema);

        await using (var access = new AccessTopics(() => StreamTopics.OpenAccess(settings, CommandLog.Logger, time), time))
            settings = await RekeyDecision.MakeAsync(settings, schema, new AuditLog(access), time, CancellationToken.None);

        await TopicSchema.CheckAsync(settings, schema, CancellationToken.None);
        return (settings, schema);
    }

    /// <summary>Told to stop meanwhile, the stream starts, drains and ends as ever; only a training is given up.</summary>
    /// <param name="steps">Are told how far a first model is.</param>
    /// <param name="page">Where that is shown; null: nowhere.</param>
    static async Task<ScoringModel?> ModelAsync(
        FraudSettings settings, TransactionSchema schema, StartSteps steps, Uri? page, IAnsiConsole screen, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!settings.Roles.Contains(Role.Score))
            return null;
        var bootstrap = new ModelBootstrap(settings.DataDirectory, settings.Simulate, settings.Model, time);
        var isFirst = !bootstrap.HasModel;
        // A store of another schema stops the start anyway: before a model is trained and left behind that fits nothing here.
        if (isFirst && (settings.Roles.Contains(Role.Store) || settings.Roles.Contains(Role.Label)))
            await settings.Store.Open(settings.DataDirectory, settings.Topics, schema, time).DisposeAsync();
        if (isFirst && page is not null)
            Screen.Error.WritePlain($"A first model is trained before the stream starts; {page} shows how far it is");
        var local = new LocalModels(settings.DataDirectory, time);
        await using var topics = StreamTopics.OpenRegistry(settings, CommandLog.Logger, time);
        await using var registry = new ModelRegistry(topics, local, settings.Models.Probation.Time, time);
        var model = await WorkProgress.RunAsync(progress => RegistryStart.ModelAsync(
            registry, local, schema, () => bootstrap.Model(schema, progress, cancellationToken), progress.Warning, CancellationToken.None), steps);
        if (isFirst)
            screen.Write(MetricsTable.Render(model.Version, "the first model, measured on its validation part", model.Card.Metrics));
        return model;
    }

    static string Rest(ImmutableArray<string>? left) => left switch
    {
        null => "What is left to do is not known: the topics did not answer.",
        { IsEmpty: true } => "",
        { } some => $"Left for the next start: {string.Join("; ", some)}.",
    };

    static string Ending(FraudSettings settings, ImmutableArray<string> unfinished) => unfinished.IsEmpty
        ? "Stopped: everything in flight is finished and committed."
        : $"Stopped after {settings.DrainTimeout.TotalSeconds:0.#} s (stop.drain-timeout) with {string.Join(", ", unfinished)} unfinished: what was in flight there is read again at the next start.";
}
