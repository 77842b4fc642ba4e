using System.Collections.Immutable;
using FraudStreams.Diagnostics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Diagnostics;

[Trait("Category", "Unit")]
public sealed class HeartbeatTests : IDisposable
{
    static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_a_process_wrote_is_read_back_and_gone_once_removed()
    {
        var heartbeat = Heartbeat() with { Checks = Checks(("topics", CheckStatus.Healthy, ""), ("alerts", CheckStatus.Degraded, "3 wait"), ("pipelines", CheckStatus.Unhealthy, "no server")) };

        heartbeat.Write(_folder);
        var read = FraudStreams.Diagnostics.Heartbeat.OfThisMachine(_folder).ShouldHaveSingleItem();
        read.Remove(_folder);

        read.Roles.ShouldBe(["score", "store"]);
        read.Faults(Now).ShouldBe(["alerts degraded: 3 wait", "pipelines unhealthy: no server"]);
        read.IsHealthy(Now).ShouldBeFalse();
        FraudStreams.Diagnostics.Heartbeat.OfThisMachine(_folder).ShouldBeEmpty();
    }

    [Fact]
    public void Hosts_are_those_of_this_machine_that_live_and_others_that_wrote_lately()
    {
        (Heartbeat() with { ModelVersion = "v2" }).Write(_folder);
        (Heartbeat() with { ProcessId = int.MaxValue }).Write(_folder);
        (Heartbeat() with { Machine = "another", ModelVersion = "v1" }).Write(_folder);
        (Heartbeat() with { Machine = "gone", At = Now.AddHours(-1) }).Write(_folder);

        var hosts = FraudStreams.Diagnostics.Heartbeat.OfAllHosts(_folder, Now);

        hosts.Select(host => (host.Machine, host.ModelVersion)).ShouldBe([(Environment.MachineName, "v2"), ("another", "v1")], ignoreOrder: true);
    }

    [Fact]
    public void A_degraded_check_is_reported_and_leaves_the_process_healthy()
    {
        var heartbeat = Heartbeat() with { Checks = Checks(("disk", CheckStatus.Degraded, "100 MiB left")) };

        heartbeat.IsHealthy(Now).ShouldBeTrue();
        heartbeat.Faults(Now).ShouldBe(["disk degraded: 100 MiB left"]);
    }

    [Fact]
    public void Without_a_heartbeat_for_a_while_a_process_is_unhealthy()
    {
        Heartbeat().IsHealthy(Now.AddSeconds(25)).ShouldBeTrue();

        Heartbeat().IsHealthy(Now.AddSeconds(35)).ShouldBeFalse();
        Heartbeat().Faults(Now.AddSeconds(35)).ShouldHaveSingleItem().ShouldContain("no heartbeat since 2026-01-02 03:04:05Z");
    }

    [Fact]
    public void Processes_that_are_gone_and_those_of_other_machines_do_not_count()
    {
        (Heartbeat() with { ProcessId = int.MaxValue }).Write(_folder);
        (Heartbeat() with { Machine = "another" }).Write(_folder);

        FraudStreams.Diagnostics.Heartbeat.OfThisMachine(_folder).ShouldBeEmpty();
        FraudStreams.Diagnostics.Heartbeat.RemoveGone(_folder);
        Directory.GetFiles(Path.Combine(_folder, "hosts")).Select(path => Path.GetFileName(path)).ShouldBe([$"another.{Environment.ProcessId}.json"]);
    }

    [Fact]
    public void A_folder_without_any_has_none() => FraudStreams.Diagnostics.Heartbeat.OfThisMachine(_folder).ShouldBeEmpty();

    static Heartbeat Heartbeat() => new(Environment.MachineName, Environment.ProcessId, ["score", "store"], Now, ImmutableSortedDictionary<string, CheckResult>.Empty);

    static ImmutableSortedDictionary<string, CheckResult> Checks(params (string Name, CheckStatus Status, string Reason)[] checks) =>
        checks.ToImmutableSortedDictionary(check => check.Name, check => new CheckResult(check.Status, check.Reason));
}
