using FraudStreams.Alerting.Outbox;
using FraudStreams.Diagnostics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FraudStreams.Hosting;

/// <summary>Whether the topics answer, and hold what the stream needs.</summary>
sealed class MessageLogHealthCheck(StreamService stream) : IHealthCheck
{
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (stream.Topics is not { } topics)
            return HealthCheckResult.Healthy();
        try
        {
            var status = await topics.StatusAsync(cancellationToken).WaitAsync(cancellationToken);
            return status.Faults.IsEmpty ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(string.Join("; ", status.Faults));
        }
        catch (OperationCanceledException)
        {
            return HealthCheckResult.Unhealthy($"the topics have not answered for {Timeout.TotalSeconds:0} s");
        }
        catch (Exception e)
        {
            return HealthCheckResult.Unhealthy(e.GetBaseException().Message);
        }
    }
}

/// <summary>Whether a pipeline keeps failing.</summary>
sealed class PipelinesHealthCheck(PipelineHealth pipelines) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var failing = pipelines.Failing();
        return Task.FromResult(failing.IsEmpty
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy(string.Join("; ", failing.Select(pipeline => $"{pipeline.Key} has been failing since {pipeline.Value.Since:u}: {pipeline.Value.Why}"))));
    }
}

/// <summary>Whether something was noticed that no pipeline fails of, and that makes its results wrong.</summary>
sealed class NoticesHealthCheck(PipelineHealth pipelines) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var notices = pipelines.Notices;
        return Task.FromResult(notices.IsEmpty ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(string.Join("; ", notices.Values)));
    }
}

/// <summary>Whether alerts wait for a channel, or for the journal, that does not work.</summary>
sealed class AlertsHealthCheck(PendingAlerts alerts, TimeProvider time) : IHealthCheck
{
    /// <summary>A server that restarts is away for less.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var failing = alerts.Failing;
        if (failing.IsEmpty || (alerts.Waiting == 0 && !failing.ContainsKey(PendingAlerts.Journal)))
            return Task.FromResult(HealthCheckResult.Healthy());
        var reason = $"{alerts.Waiting:N0} alerts wait: {string.Join("; ", failing.Select(part => $"{part.Key} has been failing since {part.Value.Since:u}: {part.Value.Why}"))}";
        return Task.FromResult(failing.Values.Any(part => time.GetElapsedTime(part.Began) >= Patience) ? HealthCheckResult.Unhealthy(reason) : HealthCheckResult.Degraded(reason));
    }
}

/// <summary>Whether the disk of the data folder has room.</summary>
sealed class DiskHealthCheck(string dataDirectory) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var disk = DiskSpace.Check(dataDirectory);
        return Task.FromResult(disk.Status switch
        {
            CheckStatus.Healthy => HealthCheckResult.Healthy(),
            CheckStatus.Degraded => HealthCheckResult.Degraded(disk.Reason),
            _ => HealthCheckResult.Unhealthy(disk.Reason),
        });
    }
}
