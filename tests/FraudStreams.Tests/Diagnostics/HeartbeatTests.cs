using System.Collections.Immutable;
using FraudStreams.Diagnostics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Diagnostics;

public sealed class HeartbeatTests : IDisposable
{
    static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_a_process_wrote_is_read_as_it_was_and_gone_when_it_is_taken_away()
    {
        var pulse = Pulse() with { TopicsFault = "no broker", Failing = ImmutableSortedDictionary<string, FailingPipeline>.Empty.Add("store", new FailingPipeline(Now, "no server")) };

        pulse.Write(_folder);
        var read = Heartbeat.OfThisMachine(_folder).ShouldHaveSingleItem();
        read.Remove(_folder);

        read.Roles.ShouldBe(["score", "store"]);
        read.Faults(Now).ShouldBe(["no broker", "store has been failing since 2026-01-02 03:04:05Z: no server"]);
        Heartbeat.OfThisMachine(_folder).ShouldBeEmpty();
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

        Heartbeat.OfThisMachine(_folder).ShouldBeEmpty();
        Heartbeat.RemoveGone(_folder);
        Directory.GetFiles(Path.Combine(_folder, "hosts")).Select(path => Path.GetFileName(path)).ShouldBe([$"another.{Environment.ProcessId}.json"]);
    }

    [Fact]
    public void A_folder_without_any_has_none() => Heartbeat.OfThisMachine(_folder).ShouldBeEmpty();

    static Heartbeat Pulse() => new(
        Environment.MachineName, Environment.ProcessId, ["score", "store"], Now, null, ImmutableSortedDictionary<string, FailingPipeline>.Empty);
}
