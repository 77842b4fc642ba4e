using System.Text;
using FraudStreams.Api.Security;
using FraudStreams.Hosting;
using FraudStreams.ModelOps;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FraudStreams.Api;

/// <summary>
/// Whether the process lives (`/livez`: it answers, nothing else is asked) and whether it is ready (`/readyz`: the checks of `fraudstreams health`, and it
/// was not told to stop), under the names that supervisors ask for. `?verbose` has a line for each check.
/// </summary>
static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder web, LatestAnswer<HealthReport> health, StreamService running)
    {
        foreach (var path in (string[])["/livez", "/healthz/live"])
            web.MapGet(path, context => LiveAsync(context)).Describe("health", "Whether the process lives", ["verbose"]);
        foreach (var path in (string[])["/readyz", "/healthz", "/healthz/ready"])
            web.MapGet(path, context => ReadyAsync(context, health, running)).Describe("health", "Whether the process is ready: the checks of `fraudstreams health`", ["verbose"]);
        web.MapGet("/version", context => TextAsync(context, StatusCodes.Status200OK, ProgramVersion.Text)).Describe("health", "The release of the program");
    }

    static Task LiveAsync(HttpContext context) =>
        TextAsync(context, StatusCodes.Status200OK, IsVerbose(context) ? "[+]process ok\nlivez check passed\n" : "ok");

    static async Task ReadyAsync(HttpContext context, LatestAnswer<HealthReport> health, StreamService running)
    {
        var report = await health.GetAsync();
        var why = running.IsStopping ? "stopping: it was told to stop, and drains" : !running.IsStarted ? "starting: not every pipeline runs yet" : null;
        var isReady = report.Status != HealthStatus.Unhealthy && why is null;
        var status = isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        if (!context.May("GET /readyz?verbose"))
        {
            // Reasons name hosts and files.
            await TextAsync(context, status, isReady ? "ok" : "readyz check failed\n");
            return;
        }

        if (!IsVerbose(context) && isReady)
        {
            await TextAsync(context, status, "ok");
            return;
        }

        var text = new StringBuilder();
        foreach (var (name, entry) in report.Entries.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            text.Append(entry.Status == HealthStatus.Unhealthy ? "[-]" : "[+]").Append(name).Append(entry.Status == HealthStatus.Unhealthy ? " failed" : " ok");
            if (entry.Status != HealthStatus.Healthy)
                text.Append(": ").Append(entry.Status == HealthStatus.Degraded ? "degraded: " : "").Append((entry.Description ?? entry.Exception?.Message ?? "").ReplaceLineEndings(" "));
            text.Append('\n');
        }

        text.Append(why is null ? "[+]running ok\n" : $"[-]running failed: {why}\n");
        text.Append(isReady ? "readyz check passed\n" : "readyz check failed\n");
        await TextAsync(context, status, text.ToString());
    }

    static bool IsVerbose(HttpContext context) => context.Request.Query.ContainsKey("verbose");

    static Task TextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
