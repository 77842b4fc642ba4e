using FraudStreams.Alerting.Outbox;
using FraudStreams.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Hosting;

[Trait("Category", "Unit")]
public sealed class HealthChecksTests
{
    readonly ManualTime _time = new();
    readonly PendingAlerts _alerts = new();

    [Fact]
    public async Task A_dead_channel_with_alerts_waiting_is_degraded_and_after_a_minute_unhealthy()
    {
        _alerts.Set(0, 209);
        _alerts.Failed("mail", "connection refused", _time);

        var (degraded, reason) = await CheckAsync();
        _time.Advance(TimeSpan.FromMinutes(1));
        var (unhealthy, _) = await CheckAsync();
        _alerts.Worked("mail");
        var (after, _) = await CheckAsync();

        (degraded, unhealthy, after).ShouldBe((HealthStatus.Degraded, HealthStatus.Unhealthy, HealthStatus.Healthy));
        reason.ShouldBe("209 alerts wait: mail has been failing since 2026-01-02 03:04:05Z: connection refused");
    }

    [Fact]
    public async Task A_dead_channel_that_nothing_waits_for_is_healthy_and_a_dead_journal_is_not()
    {
        _alerts.Set(0, 0);
        _alerts.Failed("mail", "connection refused", _time);
        var (mail, _) = await CheckAsync();
        _alerts.Failed(PendingAlerts.Journal, "no server", _time);
        var (journal, _) = await CheckAsync();

        (mail, journal).ShouldBe((HealthStatus.Healthy, HealthStatus.Degraded));
    }

    [FullDiskFact]
    public async Task A_full_disk_is_unhealthy()
    {
        using var folder = new TemporaryFolder();
        using var disk = new SmallDisk(folder, 2);
        var check = new DiskHealthCheck(disk.Path);

        (await check.CheckHealthAsync(new HealthCheckContext())).Status.ShouldBe(HealthStatus.Degraded);
        await File.WriteAllBytesAsync(Path.Combine(disk.Path, "filler"), new byte[3 << 19]);

        var full = await check.CheckHealthAsync(new HealthCheckContext());
        full.Status.ShouldBe(HealthStatus.Unhealthy);
        full.Description.ShouldNotBeNull().ShouldContain("is full");
    }

    async Task<(HealthStatus Status, string Reason)> CheckAsync()
    {
        var result = await new AlertsHealthCheck(_alerts, _time).CheckHealthAsync(new HealthCheckContext());
        return (result.Status, result.Description ?? "");
    }
}
