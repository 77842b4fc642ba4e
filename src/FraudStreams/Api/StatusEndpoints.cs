using System.Text.Json;
using FraudStreams.Diagnostics;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.Pipelines;
using FraudStreams.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FraudStreams.Api;

/// <summary>`/status`: what `fraudstreams status --json` prints. Counted at most once a second however many ask: a large store takes its time.</summary>
sealed class StatusEndpoints(StreamOptions options, TimeProvider time)
{
    readonly LatestAnswer<FolderStatus?> _latest = new(() => BlockingCall.RunAsync(() => FolderStatus.Read(options.Settings)), time);

    public static void Map(IEndpointRouteBuilder web, StreamOptions options, TimeProvider time) =>
        web.MapGet("/status", new StatusEndpoints(options, time).WriteAsync).Describe("stream", "Counts, lags, and the version that scores in each process");

    async Task WriteAsync(HttpContext context)
    {
        FolderStatus? status;
        try
        {
            status = await _latest.GetAsync();
        }
        catch (Exception e) when (e is StoreException or MessageLogException)
        {
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, "unavailable", "The status cannot be read now", e.Message);
        }

        if (status is null)
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, "unavailable", "The status cannot be read now", "The topics are not there yet.");
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter, new JsonWriterOptions { Indented = true });
        status.WriteTo(json);
    }
}
