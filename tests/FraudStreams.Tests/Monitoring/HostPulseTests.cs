using System.Collections.Immutable;
using FraudStreams.Monitoring;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Monitoring;

public sealed class HostPulseTests : IDisposable
{
    static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_a_process_wrote_is_read_as_it_was_and_gone_when_it_is_taken_away()
    {
        var pulse = Pulse() with { TopicsFault = "no broker", Failing = ImmutableSortedDictionary<string, FailingBranch>.Empty.Add("store", new FailingBranch(Now, "no server")) };

        pulse.Write(_folder);
        var read = HostPulse.OfThisMachine(_folder).ShouldHaveSingleItem();
        read.Remove(_folder);

        read.Roles.ShouldBe(["score", "store"]);
        read.Faults(Now).ShouldBe(["no broker", "store has been failing since 2026-01-02 03:04:05Z: no server"]);
        HostPulse.OfThisMachine(_folder).ShouldBeEmpty();
    }

    [Fact]
    public void One_that_says_nothing_for_a_while_stands_still()
    {
        Pulse().Faults(Now.AddSeconds(15)).ShouldBeEmpty();

        Pulse().Faults(Now.AddSeconds(25)).ShouldHaveSingleItem().ShouldContain("has not said anything since 2026-01-02 03:04:05Z");
    }

    [Fact]
    public void Processes_that_are_gone_and_those_of_other_machines_do_not_count()
    {
        (Pulse() with { ProcessId = int.MaxValue }).Write(_folder);
        (Pulse() with { Machine = "another" }).Write(_folder);

        HostPulse.OfThisMachine(_folder).ShouldBeEmpty();
        HostPulse.RemoveGone(_folder);
        Directory.GetFiles(Path.Combine(_folder, "hosts")).Select(path => Path.GetFileName(path)).ShouldBe([$"another.{Environment.ProcessId}.json"]);
    }

    [Fact]
    public void A_folder_without_any_has_none() => HostPulse.OfThisMachine(_folder).ShouldBeEmpty();

    static HostPulse Pulse() => new(
        Environment.MachineName, Environment.ProcessId, ["score", "store"], Now, null, ImmutableSortedDictionary<string, FailingBranch>.Empty);
}
