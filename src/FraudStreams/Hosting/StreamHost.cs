using Akka.Configuration;
using Akka.Hosting;
using FraudStreams.Access;
using FraudStreams.Access.Audit;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Candidates;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Pipelines;
using FraudStreams.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Hosting;

/// <summary>Builds the Generic Host of one process. Nothing is opened before it is started.</summary>
public static class StreamHost
{
    /// <summary>A pipeline without work that has run so long past its longest pause is over its failure.</summary>
    static readonly TimeSpan PipelineHolds = TimeSpan.FromSeconds(30);

    /// <param name="lines">Takes the lines that are logged.</param>
    /// <param name="lifetime">Says when to stop.</param>
    /// <param name="besides">Adds what starts before the stream and ends after it.</param>
    public static IHost Build(StreamOptions options, Action<string> lines, IHostLifetime lifetime, TimeProvider time, Action<IServiceCollection>? besides = null)
    {
        var settings = options.Settings;
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, ApplicationName = "fraudstreams" });
        AddLogging(builder.Logging, settings, lines, time);
        var services = builder.Services;
        services.Configure<HostOptions>(host => host.ShutdownTimeout = 2 * settings.DrainTimeout + TimeSpan.FromSeconds(10));
        services.AddSingleton(lifetime);
        services.AddSingleton(time);
        services.AddSingleton(options);
        if (settings is { TraceSample: > 0, Api.OtlpEndpoint: { } endpoint })
            TelemetryExport.AddTraces(services, endpoint, settings.Topics.Kafka is null ? "fraudstreams" : "kafka");
        services.AddSingleton<StartSteps>();
        services.AddSingleton<StreamMetrics>();
        services.AddSingleton<PendingAlerts>();
        services.AddSingleton<DeliveredAlerts>();
        services.AddSingleton(new PipelineHealth(3 * settings.Restart.Max + PipelineHolds, time));
        services.AddSingleton(new PipelineRates(settings.Speeds.Speed1, settings.Speeds.Speed2, settings.Speeds.Speed3, time));
        services.AddSingleton(new LiveCandidateSettings(settings.Candidates));
        services.AddSingleton(provider => StorePromotionGate.Create(
            () => settings.Store.Exists(settings.DataDirectory) ? settings.Store.Open(settings.DataDirectory, settings.Topics, options.Schema, time) : null,
            provider.GetRequiredService<LiveCandidateSettings>(), settings.DataDirectory));
        services.AddSingleton(provider => new AccessTopics(() => StreamTopics.OpenAccess(settings, provider.GetRequiredService<ILoggerFactory>().CreateLogger("FraudStreams.Access"), time), time));
        services.AddSingleton<AuditLog>();
        services.AddAkka("fraudstreams", (akka, provider) =>
        {
            var config = options.Layers.Load();
            if (settings.Roles.Contains(Role.Alert))
                config = settings.Alerts.Journal.ToAkka(settings.DataDirectory).WithFallback(config);
            if (settings.Log.IsDebugWanted)
                config = ConfigurationFactory.ParseString("akka.loglevel = DEBUG").WithFallback(config);
            akka.AddHocon(config, HoconAddMode.Prepend);
            akka.ConfigureLoggers(loggers => loggers.ClearLoggers());
            akka.AddStartup((system, _) => system.ActorOf(AkkaLogBridge.Props(provider.GetRequiredService<ILoggerFactory>()), "log-bridge"));
        });
        besides?.Invoke(services);
        services.AddSingleton<StreamService>();
        services.AddHostedService(provider => provider.GetRequiredService<StreamService>());
        AddHealth(services, settings);
        return builder.Build();
    }

    static void AddLogging(ILoggingBuilder logging, FraudSettings settings, Action<string> lines, TimeProvider time)
    {
        var log = settings.Log;
        logging.SetMinimumLevel(log.Level);
        logging.AddFilter("Microsoft", log.Level > LogLevel.Warning ? log.Level : LogLevel.Warning);

        // It logs what a check finds at every look; HeartbeatPublisher and the pipelines log it when it begins, once a minute and when it is over.
        logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        foreach (var (category, level) in log.Levels)
            logging.AddFilter(category, level);
        logging.Services.AddSingleton<ILoggerProvider>(new LineLoggerProvider(lines, log.Format, time));
        if (settings.Api.OtlpEndpoint is { } endpoint)
            TelemetryExport.AddLogs(logging, endpoint);
    }

    static void AddHealth(IServiceCollection services, FraudSettings settings)
    {
        services.AddHealthChecks()
            .AddCheck<MessageLogHealthCheck>("topics", timeout: MessageLogHealthCheck.Timeout)
            .AddCheck<PipelinesHealthCheck>("pipelines")
            .AddCheck<NoticesHealthCheck>("keys")
            .AddCheck<AlertsHealthCheck>("alerts")
            .AddTypeActivatedCheck<DiskHealthCheck>("disk", settings.DataDirectory);
        services.Configure<HealthCheckPublisherOptions>(publisher => (publisher.Delay, publisher.Period) = (TimeSpan.Zero, Heartbeat.Every));
        services.AddSingleton<IHealthCheckPublisher, HeartbeatPublisher>();
    }
}
