using System.Collections.Immutable;
using System.Text;
using FraudStreams.Diagnostics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Diagnostics;

[Trait("Category", "Unit")]
public sealed class HeartbeatTests : IDisposable
{
    readonly ManualTime _time = new();
    readonly TemporaryFolder _folder = new();
    readonly HeartbeatFile _file;

    public HeartbeatTests() => _file = new HeartbeatFile(_folder);

    string Hosts => Path.Combine(_folder, "hosts");

    string Own => Path.Combine(Hosts, $"{Environment.MachineName}.{Environment.ProcessId}.json");

    public void Dispose()
    {
        _file.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Hosts_are_those_of_this_machine_that_live_and_others_that_wrote_lately()
    {
        _file.Write(Beat() with { ModelVersion = "v2" });
        var beat = Beat() with { Machine = "another", ModelVersion = "v1" };
        File.WriteAllBytes(Path.Combine(Hosts, "another.1.json"), beat.ToJson());
        File.WriteAllBytes(Path.Combine(Hosts, "gone.1.json"), (beat with { Machine = "gone", At = _time.GetUtcNow().AddHours(-1) }).ToJson());
        File.WriteAllText(Path.Combine(Hosts, "damaged.1.json"), "{");

        var hosts = HeartbeatFile.OfAllMachines(_folder, _time.GetUtcNow());

        hosts.Select(host => (host.Machine, host.ModelVersion)).ShouldBe([(Environment.MachineName, "v2"), ("another", "v1")], ignoreOrder: true);
    }

    [Fact]
    public void What_a_process_wrote_is_read_back_and_gone_once_it_ends()
    {
        _file.Write(Beat(("topics", CheckStatus.Healthy, ""), ("alerts", CheckStatus.Degraded, "3 wait"), ("pipelines", CheckStatus.Unhealthy, "no server")));

        var host = HeartbeatFile.OfThisMachine(_folder).ShouldHaveSingleItem();
        _file.Dispose();

        host.Heartbeat.ShouldNotBeNull().Roles.ShouldBe(["score", "store"]);
        host.Checks(_time).Select(check => (check.Name, check.Result.Status, check.Result.Reason)).ShouldBe(
            [("heartbeat", CheckStatus.Healthy, ""), ("alerts", CheckStatus.Degraded, "3 wait"), ("pipelines", CheckStatus.Unhealthy, "no server"), ("topics", CheckStatus.Healthy, "")]);
        HeartbeatFile.OfThisMachine(_folder).ShouldBeEmpty();
        Directory.GetFiles(Hosts).ShouldBeEmpty();
    }

    [Fact]
    public void Without_a_heartbeat_for_a_while_a_process_is_unhealthy()
    {
        var heartbeat = Beat();

        _time.Advance(TimeSpan.FromSeconds(25));
        heartbeat.Liveness(_time).Status.ShouldBe(CheckStatus.Healthy);
        _time.Advance(TimeSpan.FromSeconds(10));

        heartbeat.Liveness(_time).ShouldBe(
            new CheckResult(CheckStatus.Unhealthy, "none for 35 s, since 2026-01-02 03:04:05Z: the process hangs, or its data folder cannot be written"));
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(2)]
    public void A_clock_that_was_set_leaves_a_working_process_healthy_and_a_hung_one_not(int hours)
    {
        var heartbeat = Beat() with { At = _time.GetUtcNow().AddHours(-hours) };

        heartbeat.Liveness(_time).Status.ShouldBe(CheckStatus.Healthy);
        _time.Advance(TimeSpan.FromSeconds(31));
        heartbeat.Liveness(_time).Status.ShouldBe(CheckStatus.Unhealthy);
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("{ \"machine\": \"a\", \"process_", "it is not whole")]
    [InlineData("[]", "it is not whole, or another release wrote it")]
    [InlineData("{ \"machine\": \"a\", \"process_id\": 1, \"at\": \"2026-01-01T00:00:00Z\", \"checks\": {} }", "it lacks what this release expects")]
    [InlineData("{ \"machine\": \"a\", \"process_id\": \"one\", \"roles\": [], \"at\": \"soon\", \"checks\": {} }", "it is not whole, or another release wrote it")]
    public void A_damaged_heartbeat_of_a_running_process_is_reported(string text, string reason)
    {
        _file.Write(Beat());
        File.WriteAllText(Own, text);

        var host = HeartbeatFile.OfThisMachine(_folder).ShouldHaveSingleItem();

        host.ProcessId.ShouldBe(Environment.ProcessId);
        var (name, result) = host.Checks(_time).ShouldHaveSingleItem();
        (name, result.Status).ShouldBe(("heartbeat", CheckStatus.Unhealthy));
        result.Reason.ShouldContain($"{Path.GetFileName(Own)} cannot be used: {reason}");
    }

    [Fact]
    public void A_running_process_without_a_heartbeat_is_reported()
    {
        _file.Write(Beat());
        File.Delete(Own);

        HeartbeatFile.OfThisMachine(_folder).ShouldHaveSingleItem().Damage.ShouldNotBeNull().ShouldContain("it has written none");
    }

    /// <summary>The process ids of those that died are other programs' now: 1, and this one's parent of long ago.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("{ \"machine\": \"a\", \"process_id\": 1, \"roles\": [], \"at\": \"2020-01-01T00:00:00Z\", \"checks\": {} }")]
    public void What_a_process_left_that_died_counts_for_nothing_and_is_removed(string text)
    {
        _file.Write(Beat());
        foreach (var left in (string[])["1.json", "999999.json", "999999.json.new", "1.lock"])
            File.WriteAllText(Path.Combine(Hosts, $"{Environment.MachineName}.{left}"), text);

        HeartbeatFile.OfThisMachine(_folder).ShouldHaveSingleItem().Damage.ShouldBeNull();
        HeartbeatFile.RemoveGone(_folder);

        Directory.GetFiles(Hosts).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)
            .ShouldBe([Path.GetFileName(Own), Path.GetFileName(Path.ChangeExtension(Own, ".lock"))]);
    }

    [Fact]
    public void Heartbeats_of_other_machines_are_left_alone()
    {
        Directory.CreateDirectory(Hosts);
        string[] others = ["another.1.json", $"{Environment.MachineName}.b.1.json"];
        foreach (var other in others)
            File.WriteAllText(Path.Combine(Hosts, other), "");

        HeartbeatFile.OfThisMachine(_folder).ShouldBeEmpty();
        HeartbeatFile.RemoveGone(_folder);

        Directory.GetFiles(Hosts).Select(path => Path.GetFileName(path)).ShouldBe(others, ignoreOrder: true);
    }

    [Fact]
    public void A_heartbeat_of_another_release_is_read_as_far_as_it_is_known()
    {
        var json = $$"""
            { "format": 9, "machine": "a", "process_id": 7, "roles": ["score"], "at": "2026-01-02T03:04:05Z",
              "checks": { "disk": { "status": "on_fire", "reason": "hot", "since": 1 }, "topics": { "status": "healthy" } } }
            """;

        var heartbeat = Heartbeat.FromJson(Encoding.UTF8.GetBytes(json));

        heartbeat.Liveness(_time).Status.ShouldBe(CheckStatus.Healthy);
        heartbeat.Checks["disk"].ShouldBe(new CheckResult(CheckStatus.Unhealthy, "its status is on_fire, which this release does not know. hot"));
        heartbeat.Checks["topics"].ShouldBe(CheckResult.Healthy);
    }

    [Fact]
    public void A_heartbeat_dated_ahead_of_the_clock_is_reported() =>
        (Beat() with { UptimeMs = 3_600_000 }).Liveness(_time).Reason.ShouldContain("3600 s ahead of this machine's clock");

    [Fact]
    public void A_folder_without_any_has_none() => HeartbeatFile.OfThisMachine(_folder).ShouldBeEmpty();

    Heartbeat Beat(params (string Name, CheckStatus Status, string Reason)[] checks) => new(
        Environment.MachineName, Environment.ProcessId, ["score", "store"], _time.GetUtcNow(), Heartbeat.UptimeOf(_time),
        checks.ToImmutableSortedDictionary(check => check.Name, check => new CheckResult(check.Status, check.Reason)));
}
