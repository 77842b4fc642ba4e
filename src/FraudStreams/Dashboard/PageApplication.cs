using FraudStreams.Access.Keys;
using FraudStreams.Api;
using FraudStreams.Dashboard.Cases;
using FraudStreams.Dashboard.Drift;
using FraudStreams.Dashboard.Live;
using FraudStreams.Dashboard.Payments;
using FraudStreams.Diagnostics;
using FraudStreams.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Radzen;

namespace FraudStreams.Dashboard;

/// <summary>The Blazor application behind the page: services and middleware of its own, requests from the API's server.</summary>
sealed class PageApplication : IAsyncDisposable
{
    /// <summary>Circuits whose browser has gone away are kept for it so long: a laptop that sleeps for longer begins anew.</summary>
    static readonly TimeSpan s_kept = TimeSpan.FromMinutes(1);

    const int MostKept = 20;

    readonly WebApplication _web;
    readonly RequestDelegate _pipeline;

    PageApplication(WebApplication web, RequestDelegate pipeline)
    {
        _web = web;
        _pipeline = pipeline;
    }

    /// <param name="stream">The services of the stream's own host.</param>
    /// <param name="api">Of the API's server: when it stops, circuits are closed, and hold nothing up.</param>
    public static PageApplication Build(IServiceProvider stream, IHostApplicationLifetime api)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = typeof(PageApplication).Assembly.GetName().Name });

        // It is never started, nor are services of its packages that would keep keys on the disk: requests and lifetime are those of the API's server.
        builder.WebHost.UseKestrelCore();
        var services = builder.Services;
        services.AddSingleton(api);
        services.AddSingleton(stream.GetRequiredService<ILoggerFactory>());
        services.AddSingleton(stream.GetRequiredService<TimeProvider>());
        services.AddSingleton(stream.GetRequiredService<StreamOptions>());
        services.AddSingleton(stream.GetRequiredService<DriftLookup>());
        services.AddSingleton(stream.GetRequiredService<StreamService>());
        services.AddSingleton(stream.GetRequiredService<StartSteps>());
        services.AddSingleton(stream.GetRequiredService<StreamSampler>());
        services.AddSingleton(stream.GetRequiredService<PaymentLookup>());
        services.AddSingleton(stream.GetRequiredService<SecretFields>());
        services.AddSingleton(stream.GetRequiredService<CaseQueue>());
        services.AddSingleton(stream.GetRequiredService<CaseService>());
        services.AddSingleton(stream.GetRequiredService<RegistryAccess>());
        services.AddSingleton(stream.GetRequiredService<KeyLog>());
        services.AddScoped<Actor>();
        services.AddRoutingCore();
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.Configure<CircuitOptions>(circuits => (circuits.DisconnectedCircuitRetentionPeriod, circuits.DisconnectedCircuitMaxRetained) = (s_kept, MostKept));
        services.AddRadzenComponents();

        // What it protects is worth nothing after this process: no key is left on the disk.
        services.AddSingleton<IDataProtectionProvider, EphemeralDataProtectionProvider>();
        var web = builder.Build();
        var pipeline = new ApplicationBuilder(web.Services);
        pipeline.UseRouting();
        pipeline.UseAntiforgery();
        pipeline.UseEndpoints(endpoints => endpoints.MapRazorComponents<App>().AddInteractiveServerRenderMode(options => options.ContentSecurityFrameAncestorsPolicy = null));
        pipeline.Run(context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        return new PageApplication(web, pipeline.Build());
    }

    /// <summary>A circuit's connection is one request that lasts as long as the circuit is looked at.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        await using var scope = _web.Services.CreateAsyncScope();
        var outer = context.RequestServices;
        context.RequestServices = scope.ServiceProvider;
        context.SetEndpoint(null);
        try
        {
            await _pipeline(context);
        }
        finally
        {
            context.RequestServices = outer;
        }
    }

    public ValueTask DisposeAsync() => _web.DisposeAsync();
}
