using System.Diagnostics;
using System.Runtime.CompilerServices;
using FraudStreams.Diagnostics;
using FraudStreams.ModelOps;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace FraudStreams.Hosting;

/// <summary>Sends traces and logs to an OpenTelemetry collector. What is sent while none answers is lost, and holds up nothing.</summary>
static class TelemetryExport
{
    /// <summary>The name of the process in all that is exported.</summary>
    public static ResourceBuilder Describe(ResourceBuilder resource) =>
        resource.AddService("fraudstreams", serviceVersion: ProgramVersion.Text, serviceInstanceId: $"{Environment.MachineName}:{Environment.ProcessId}");

    /// <summary>Not inlined, as <see cref="AddLogs"/>: the packages are loaded where they are called.</summary>
    /// <param name="system">Where the topics are, as the semantic conventions name it.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void AddTraces(IServiceCollection services, Uri endpoint, string system) => services.AddOpenTelemetry()
        .ConfigureResource(resource => Describe(resource))
        .WithTracing(traces => traces.AddSource(StreamTraces.SourceName)
            .SetSampler(new ParentBasedSampler(new AlwaysOnSampler()))
            .AddProcessor(new SystemTag(system))
            .AddOtlpExporter(otlp => otlp.Endpoint = endpoint));

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void AddLogs(ILoggingBuilder logging, Uri endpoint) => logging.AddOpenTelemetry(logs =>
    {
        logs.IncludeFormattedMessage = true;
        logs.SetResourceBuilder(Describe(ResourceBuilder.CreateDefault()));
        logs.AddOtlpExporter(otlp => otlp.Endpoint = endpoint);
    });

    /// <summary>Says on each span where the topics are.</summary>
    sealed class SystemTag(string system) : BaseProcessor<Activity>
    {
        public override void OnStart(Activity data) => data.SetTag("messaging.system", system);
    }
}
