using FraudStreams.Access.Audit;
using FraudStreams.Access.Keys;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Api.Protocols;
using FraudStreams.Api.Resources;
using FraudStreams.Api.Security;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Hosting;
using FraudStreams.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Api;

/// <summary>The web application: Kestrel on the open port, and the endpoints. It reads no configuration but the program's own.</summary>
static class ApiApplication
{
    static readonly TimeSpan s_shutdownTimeout = TimeSpan.FromSeconds(3);

    /// <param name="stream">The services of the stream's own host.</param>
    public static WebApplication Build(ApiSettings settings, ApiListener listener, IServiceProvider stream)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "fraudstreams" });
        var services = builder.Services;
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            RequestLimits.Set(kestrel.Limits, settings, RequestBody.Dropped * settings.MaxBodyBytes);
            kestrel.Listen(listener.EndPoint, listen =>
            {
                if (settings.Tls is { } tls)
                    listen.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificate = tls.Certificate, ServerCertificateChain = tls.Chain });
            });
        });
        if (settings.Tls is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        services.Configure<SocketTransportOptions>(transport => transport.CreateBoundListenSocket = _ => listener.Socket);
        services.Configure<HostOptions>(host => (host.ShutdownTimeout, host.BackgroundServiceExceptionBehavior) = (s_shutdownTimeout, BackgroundServiceExceptionBehavior.Ignore));

        // Signals are the program's business.
        services.AddSingleton<IHostLifetime, NoLifetime>();
        services.AddSingleton(stream.GetRequiredService<ILoggerFactory>());
        services.AddRoutingCore();
        services.AddSingleton(stream.GetRequiredService<KeyLog>());
        ApiAuthentication.AddTo(services, settings);
        RequestLimits.AddTo(services, settings);
        ApiDescription.AddTo(services, settings);
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
        services.AddSingleton<PeerScorer>();
        services.AddSingleton<EventsEndpoint>();
        services.AddHostedService(provider => provider.GetRequiredService<EventsEndpoint>());
        MetricsExport.AddTo(services, settings);

        var web = builder.Build();
        web.Use(new RequestGuard(settings, log, time).InvokeAsync);
        web.UseRouting();
        web.UseAuthentication();
        RequestLimits.Use(web, settings);
        web.UseAuthorization();
        var routes = web.MapGroup("");
        AccessTable.Apply(routes);
        HealthEndpoints.Map(routes, new LatestAnswer<HealthReport>(() => stream.GetRequiredService<HealthCheckService>().CheckHealthAsync(CancellationToken.None), time), running);
        StatusEndpoints.Map(routes, options, time);
        MetricsExport.Map(routes);
        var store = web.Services.GetRequiredService<IPaymentReader>();
        var audit = stream.GetRequiredService<AuditLog>();
        new ModelsEndpoints(stream.GetRequiredService<RegistryAccess>(), running, time).Map(routes);
        PaymentsEndpoints.Map(routes, store, options.Schema, audit, time);
        LabelsEndpoint.Map(routes, running, store, options.Schema, audit, time);
        SpeedsEndpoints.Map(routes, stream.GetRequiredService<Valves>());
        AuditEndpoint.Map(routes, stream.GetServices<IAuditSource>());
        EventsEndpoint.Map(routes, web.Services.GetRequiredService<EventsEndpoint>(), web.Lifetime.ApplicationStopping);
        var scoring = new RequestScorer(running, settings, web.Services.GetRequiredService<PeerScorer>());
        PredictEndpoint.Map(routes, scoring);
        MlflowEndpoints.Map(routes, scoring);
        KserveEndpoints.Map(routes, scoring);
        ApiDescription.Map(routes);
        SignInPage.Map(routes, settings, stream.GetRequiredService<KeyLog>());
        foreach (var extension in stream.GetServices<IApiExtension>())
            extension.Map(routes);
        routes.MapFallback(context => Problem.WriteAsync(context, StatusCodes.Status404NotFound, "not-found", "There is nothing at this address", "docs/api.md lists the addresses"));

        // Endpoints are made when they are first asked for: now, so that one without a role is a fault of the start.
        _ = ((IEndpointRouteBuilder)web).DataSources.Sum(source => source.Endpoints.Count);
        return web;
    }

    sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
