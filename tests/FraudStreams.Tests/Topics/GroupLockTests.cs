using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Topics;

public sealed class GroupLockTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_is_held_once_for_a_group_and_a_topic_and_says_by_whom()
    {
        var settings = LogOf.Settings(_folder);
        using var held = GroupLock.TryTake(settings, "transactions", "score");

        GroupLock.TryTake(settings, "transactions", "score").ShouldBeNull();
        GroupLock.Holder(settings, "transactions", "score").ShouldBe($"process {Environment.ProcessId}");
        using var otherGroup = GroupLock.TryTake(settings, "transactions", "store").ShouldNotBeNull();
        using var otherTopic = GroupLock.TryTake(settings, "predictions", "score").ShouldNotBeNull();
    }

    [Fact]
    public void It_is_free_again_when_its_holder_lets_go()
    {
        var settings = LogOf.Settings(_folder);
        GroupLock.TryTake(settings, "transactions", "score")!.Dispose();

        using var again = GroupLock.TryTake(settings, "transactions", "score");

        again.ShouldNotBeNull();
    }

    [Fact]
    public async Task It_is_free_again_when_its_holder_is_killed()
    {
        var settings = LogOf.Settings(_folder);
        using var worker = WorkerProcess.Start("hold-group", _folder, "transactions", "score");
        (await worker.ReadLineAsync()).ShouldBe("held");
        GroupLock.TryTake(settings, "transactions", "score").ShouldBeNull();
        GroupLock.Holder(settings, "transactions", "score").ShouldBe($"process {worker.Id}");

        await worker.KillAsync();

        using var mine = GroupLock.TryTake(settings, "transactions", "score");
        mine.ShouldNotBeNull();
    }
}
