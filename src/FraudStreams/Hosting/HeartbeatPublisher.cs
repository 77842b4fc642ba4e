using System.Collections.Immutable;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Hosting;

/// <summary>
/// Writes each report of the health checks into the process's <see cref="Heartbeat"/>, and logs what is wrong: when it begins, once a minute, and when it
/// is over. Removes the file at an orderly end.
/// </summary>
sealed class HeartbeatPublisher(StreamOptions options, StreamMetrics metrics, PendingAlerts alerts, ILogger<HeartbeatPublisher> log, TimeProvider time) : IHealthCheckPublisher, IDisposable
{
    /// <summary>Pipelines log their failures themselves, and the outboxes those of a channel or of the journal.</summary>
    static readonly ImmutableHashSet<string> s_loggedElsewhere = ["pipelines", "alerts", "keys"];

    readonly string _dataDirectory = options.Settings.DataDirectory;
    readonly ImmutableArray<string> _roles = [.. options.Settings.Roles.Order().Select(role => role.ToString().ToLowerInvariant())];
    readonly Dictionary<string, ErrorThrottle> _faults = [];
    readonly ErrorThrottle _writing = new(log, "The heartbeat", time);
    readonly HeartbeatFile _file = new(options.Settings.DataDirectory);
    bool _hasRemovedOthers;

    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        foreach (var (name, entry) in report.Entries)
            Log(name, entry);
        try
        {
            if (!_hasRemovedOthers)
                HeartbeatFile.RemoveGone(_dataDirectory);
            _hasRemovedOthers = true;
            _file.Write(Of(report));
            _writing.Over();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _writing.Warn($"it cannot be written, so that `fraudstreams health` will miss this process: {e.Message}");
        }

        return Task.CompletedTask;
    }

    public void Dispose()
    {
        try
        {
            _file.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.LogDebug("The heartbeat stays behind: {Reason}", e.Message);
        }
    }

    void Log(string name, HealthReportEntry entry)
    {
        if (s_loggedElsewhere.Contains(name))
            return;
        if (!_faults.TryGetValue(name, out var fault))
            _faults[name] = fault = new ErrorThrottle(log, $"Health of {name}", time);
        if (entry.Status == HealthStatus.Healthy)
            fault.Over();
        else
            fault.Warn(Reason(entry));
    }

    static string Reason(HealthReportEntry entry) => entry.Description ?? entry.Exception?.Message ?? "";

    Heartbeat Of(HealthReport report) => new(
        Environment.MachineName, Environment.ProcessId, _roles, time.GetUtcNow(), Heartbeat.UptimeOf(time),
        report.Entries.ToImmutableSortedDictionary(
            entry => entry.Key,
            entry => new CheckResult(
                entry.Value.Status switch
                {
                    HealthStatus.Healthy => CheckStatus.Healthy,
                    HealthStatus.Degraded => CheckStatus.Degraded,
                    _ => CheckStatus.Unhealthy,
                },
                entry.Value.Status == HealthStatus.Healthy ? "" : Reason(entry.Value))),
        metrics.ModelVersion,
        options.Settings.Roles.Contains(Role.Alert) ? alerts.Waiting : null)
    {
        Partitions = metrics.Assigned.ByGroup,
    };
}
