using System.Globalization;
using System.Threading.RateLimiting;
using FraudStreams.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace FraudStreams.Api.Security;

/// <summary>How much, how long and how often: connections, bodies, times, and the requests of each caller. Kestrel's own least rate of bytes holds beside.</summary>
static class RequestLimits
{
    static readonly TimeSpan s_headersTimeout = TimeSpan.FromSeconds(15);
    static readonly TimeSpan s_keepAlive = TimeSpan.FromMinutes(1);

    /// <summary>Beside the time that a recorded payment may take.</summary>
    static readonly TimeSpan s_longestAnswer = TimeSpan.FromSeconds(30);

    /// <summary>Each is a viewer of the page.</summary>
    const int MostWebSockets = 500;

    public static void Set(KestrelServerLimits limits, ApiSettings settings, long longestBody)
    {
        limits.MaxRequestBodySize = longestBody;
        limits.RequestHeadersTimeout = s_headersTimeout;
        limits.KeepAliveTimeout = s_keepAlive;
        limits.MaxConcurrentConnections = settings.Limits.Connections;
        limits.MaxConcurrentUpgradedConnections = MostWebSockets;
    }

    public static void AddTo(IServiceCollection services, ApiSettings settings)
    {
        services.AddRequestTimeouts(timeouts => timeouts.DefaultPolicy = new RequestTimeoutPolicy
        {
            Timeout = s_longestAnswer + settings.RecordTimeout,
            TimeoutStatusCode = StatusCodes.Status504GatewayTimeout,
            WriteTimeoutResponse = context => Problem.WriteAsync(
                context, StatusCodes.Status504GatewayTimeout, "too-slow", "The answer took too long", "The request was given up; what it began to record is recorded."),
        });
        var most = settings.Limits.RequestsPerSecond;
        if (most == 0)
            return;
        services.AddRateLimiter(limiter =>
        {
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => RateLimitPartition.GetTokenBucketLimiter(CallerOf(context), _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = most,
                TokensPerPeriod = most,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                AutoReplenishment = true,
            }));
            limiter.OnRejected = async (rejected, _) =>
            {
                var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1);
                rejected.HttpContext.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
                await Problem.WriteAsync(
                    rejected.HttpContext, StatusCodes.Status429TooManyRequests, "too-many", "Too many requests", $"One caller may ask {most:N0} times a second (api.limits.requests-per-second).");
            };
        });
    }

    /// <summary>After authentication, so that each caller has a limit of their own.</summary>
    public static void Use(IApplicationBuilder web, ApiSettings settings)
    {
        if (settings.Limits.RequestsPerSecond > 0)
            web.UseRateLimiter();
        web.UseRequestTimeouts();
    }

    static string CallerOf(HttpContext context) => context.User.IsVerified() ? $"name {context.User.NameOf()}" : $"address {context.Connection.RemoteIpAddress}";
}
