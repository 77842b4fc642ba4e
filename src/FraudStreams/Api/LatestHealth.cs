using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FraudStreams.Api;

/// <summary>The health checks of the process, run at most once a second however many ask.</summary>
sealed class LatestHealth(IServiceProvider stream, TimeProvider time)
{
    static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1);

    readonly Lock _gate = new();
    Task<HealthReport>? _latest;
    long _began;

    public Task<HealthReport> CheckAsync()
    {
        lock (_gate)
        {
            if (_latest is not null && (!_latest.IsCompleted || (_latest.IsCompletedSuccessfully && time.GetElapsedTime(_began) < s_fresh)))
                return _latest;
            _began = time.GetTimestamp();
            return _latest = stream.GetRequiredService<HealthCheckService>().CheckHealthAsync(CancellationToken.None);
        }
    }
}
