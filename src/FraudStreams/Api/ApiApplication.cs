using FraudStreams.Alerting;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Api.Protocols;
using FraudStreams.Api.Resources;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Hosting;
using FraudStreams.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Api;

/// <summary>The web application: Kestrel on the open port, and the endpoints. It reads no configuration but the program's own.</summary>
static class ApiApplication
{
    static readonly TimeSpan s_headersTimeout = TimeSpan.FromSeconds(15);
    static readonly TimeSpan s_shutdownTimeout = TimeSpan.FromSeconds(3);

    /// <param name="stream">The services of the stream's own host.</param>
    public static WebApplication Build(ApiSettings settings, ApiListener listener, IServiceProvider stream)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "fraudstreams" });
        var services = builder.Services;
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = RequestBody.Dropped * settings.MaxBodyBytes;
            kestrel.Limits.RequestHeadersTimeout = s_headersTimeout;
            kestrel.Listen(listener.EndPoint);
        });
        services.Configure<SocketTransportOptions>(transport => transport.CreateBoundListenSocket = _ => listener.Socket);
        services.Configure<HostOptions>(host => (host.ShutdownTimeout, host.BackgroundServiceExceptionBehavior) = (s_shutdownTimeout, BackgroundServiceExceptionBehavior.Ignore));

        // Signals are the program's business.
        services.AddSingleton<IHostLifetime, NoLifetime>();
        services.AddSingleton(stream.GetRequiredService<ILoggerFactory>());
        services.AddRoutingCore();
        ApiDescription.AddTo(services);
        var running = stream.GetRequiredService<StreamService>();
        var time = stream.GetRequiredService<TimeProvider>();
        var options = stream.GetRequiredService<StreamOptions>();
        var log = stream.GetRequiredService<ILoggerFactory>().CreateLogger("FraudStreams.Api");
        services.AddSingleton(options);
        services.AddSingleton(_ => options.Settings.Store.OpenReader(options.Settings.DataDirectory, options.Schema));
        services.AddSingleton(settings);
        services.AddSingleton(running);
        services.AddSingleton(time);
        services.AddSingleton(stream.GetRequiredService<StreamMetrics>());
        services.AddSingleton(stream.GetRequiredService<PendingAlerts>());
        services.AddSingleton(stream.GetRequiredService<DeliveredAlerts>());
        services.AddSingleton(stream.GetRequiredService<PipelineHealth>());
        services.AddHostedService<StreamGauges>();
        services.AddSingleton<EventsEndpoint>();
        services.AddHostedService(provider => provider.GetRequiredService<EventsEndpoint>());
        MetricsExport.AddTo(services, settings);

        var web = builder.Build();
        web.Use(new RequestGuard(settings, log, time).InvokeAsync);
        foreach (var extension in stream.GetServices<IApiExtension>())
            web.Use(extension.InvokeAsync);
        web.UseRouting();
        HealthEndpoints.Map(web, new LatestAnswer<HealthReport>(() => stream.GetRequiredService<HealthCheckService>().CheckHealthAsync(CancellationToken.None), time), running);
        StatusEndpoints.Map(web, options, time);
        MetricsExport.Map(web);
        var store = web.Services.GetRequiredService<IPaymentReader>();
        new ModelsEndpoints(stream.GetRequiredService<RegistryAccess>()).Map(web);
        PaymentsEndpoints.Map(web, store, options.Schema);
        LabelsEndpoint.Map(web, running, store, time);
        SpeedsEndpoints.Map(web, running.Rates, log);
        EventsEndpoint.Map(web, web.Services.GetRequiredService<EventsEndpoint>(), web.Lifetime.ApplicationStopping);
        var scoring = new RequestScorer(running, settings);
        PredictEndpoint.Map(web, scoring);
        MlflowEndpoints.Map(web, scoring);
        KserveEndpoints.Map(web, scoring);
        ApiDescription.Map(web);
        web.MapFallback(context => Problem.WriteAsync(context, StatusCodes.Status404NotFound, "not-found", "There is nothing at this address", "docs/api.md lists the addresses"));
        return web;
    }

    sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
