using System.Net;
using FraudStreams.Api.Protocols;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Api;

/// <summary>
/// What every request passes first. A page of another site that a browser of this machine shows may send requests here, also under a name of its own that it
/// lets point here: only names of this machine are answered, and nothing that changes anything is taken from a page of another origin. What fails ends in a
/// problem document, and never with anything of the request in it.
/// </summary>
sealed class RequestGuard(ApiSettings settings, ILogger log, TimeProvider time)
{
    readonly ErrorThrottle _faults = new(log, "The API", time);

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers.XFrameOptions = "DENY";
        headers.ContentSecurityPolicy = "frame-ancestors 'none'";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (context.Request.IsHttps)
            headers.StrictTransportSecurity = "max-age=31536000";
        try
        {
            Check(context.Request);
            await next(context);
        }
        catch (RequestException e) when (!context.Response.HasStarted)
        {
            if (e.Status == StatusCodes.Status503ServiceUnavailable)
                headers.RetryAfter = "1";
            await Problem.WriteAsync(context, e);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await (e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? Problem.WriteAsync(context, RequestBody.TooLong(settings.MaxBodyBytes))
                : Problem.WriteAsync(context, e.StatusCode, "bad-request", "The request is not HTTP as it should be", "It was cut off, came too slowly, or is not well-formed."));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for the answer.
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            _faults.Warn($"{context.Request.Method} of {context.GetEndpoint()?.DisplayName ?? "no endpoint"} failed: {e.GetType().Name} ({e.Message})");
            context.Response.Clear();
            await Problem.WriteAsync(
                context, StatusCodes.Status500InternalServerError, "fault", "A fault of the program", "The log has the reason; please report it.");
        }
    }

    void Check(HttpRequest request)
    {
        // With authentication a page that has its name point here has nothing to show that is taken: neither key nor cookie.
        if (!settings.IsAuthenticated && request.Host.HasValue && !IsOfThisMachine(request.Host.Host))
            throw new RequestException(StatusCodes.Status421MisdirectedRequest, "other-host", "Not a name of this machine", "Only requests to localhost, 127.0.0.1 or [::1] are answered.");

        // A WebSocket is asked for with GET, and browsers let every page ask.
        if (request.Headers.Upgrade.Count == 0 && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method)))
            return;
        var isOther = request.Headers.Origin.Count > 0 && request.Headers.Origin != $"{request.Scheme}://{request.Host}";
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (isOther || site is "cross-site" or "same-site")
            throw new RequestException(StatusCodes.Status403Forbidden, "other-origin", "A page of another origin", "Requests that pages of other origins send are not taken.");
    }

    bool IsOfThisMachine(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && (IPAddress.IsLoopback(address) || address.Equals(settings.Address)));
}
