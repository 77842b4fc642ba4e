using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;

namespace FraudStreams.Api;

/// <summary>`/metrics` for Prometheus, and OTLP where an endpoint is set: the program's own meter, ASP.NET Core's, the runtime's and the process's.</summary>
static class MetricsExport
{
    public static void AddTo(IServiceCollection services, ApiSettings settings) => services.AddOpenTelemetry()
        .ConfigureResource(resource => TelemetryExport.Describe(resource))
        .WithMetrics(metrics =>
        {
            metrics.AddMeter(StreamMetrics.MeterName)
                .AddAspNetCoreInstrumentation()
                .AddRuntimeInstrumentation()
                .AddProcessInstrumentation()
                .AddPrometheusExporter();
            if (settings.OtlpEndpoint is { } endpoint)
                metrics.AddOtlpExporter(otlp => otlp.Endpoint = endpoint);
        });

    public static void Map(IEndpointRouteBuilder web) =>
        web.MapPrometheusScrapingEndpoint("/metrics").Describe("stream", "Metrics in Prometheus's text format");
}
