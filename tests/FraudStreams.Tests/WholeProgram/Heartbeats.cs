using FraudStreams.Diagnostics;
using Shouldly;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>The heartbeats that `fraudstreams health` reads: a test that waits for its answer starts it once, when they have come so far.</summary>
static class Heartbeats
{
    const int LimitSeconds = 60;
    const int LookEveryMilliseconds = 100;

    /// <summary>Waits until the hosts on a data folder report what makes `health` end with 0, or with 1.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="isHealthy">Whether there is a host, and none of its checks is unhealthy.</param>
    /// <param name="host">A process that is to run all the while.</param>
    /// <param name="reason">What an unhealthy check says, beside its name.</param>
    public static Task UntilAsync(string data, bool isHealthy, FraudStreamsProcess? host = null, string reason = "") => Eventually.TrueAsync(
        () =>
        {
            host?.HasExited.ShouldBeFalse($"{host.Output}\n{host.Errors}");
            var hosts = HeartbeatFile.OfThisMachine(data);
            var unhealthy = hosts.SelectMany(running => running.Checks(TimeProvider.System)).Where(check => check.Result.Status == CheckStatus.Unhealthy).ToList();
            return isHealthy ? hosts.Length > 0 && unhealthy.Count == 0 : unhealthy.Exists(check => $"{check.Name} {check.Result.Reason}".Contains(reason, StringComparison.Ordinal));
        },
        $"{(isHealthy ? "healthy" : $"unhealthy for \"{reason}\"")} heartbeats in {data}", LimitSeconds, LookEveryMilliseconds);
}
