using FraudStreams.Messaging.Sqlite;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Messaging.Sqlite;

[Trait("Category", "Integration")]
public sealed class GroupLockTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_lock_is_held_once_per_group_and_topic_and_names_its_holder()
    {
        var settings = LogOf.Settings(_folder);
        using var held = GroupLock.TryTake(settings.Folder, "transactions", "score");

        GroupLock.TryTake(settings.Folder, "transactions", "score").ShouldBeNull();
        GroupLock.Holder(settings.Folder, "transactions", "score").ShouldBe($"process {Environment.ProcessId}");
        using var otherGroup = GroupLock.TryTake(settings.Folder, "transactions", "store").ShouldNotBeNull();
        using var otherTopic = GroupLock.TryTake(settings.Folder, "predictions", "score").ShouldNotBeNull();
    }

    [Fact]
    public void A_lock_is_free_again_when_its_holder_releases_it()
    {
        var settings = LogOf.Settings(_folder);
        GroupLock.TryTake(settings.Folder, "transactions", "score")!.Dispose();

        using var again = GroupLock.TryTake(settings.Folder, "transactions", "score");

        again.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_lock_is_free_again_when_its_holder_is_killed()
    {
        var settings = LogOf.Settings(_folder);
        using var worker = WorkerProcess.Start("hold-group", _folder, "transactions", "score");
        (await worker.ReadLineAsync()).ShouldBe("held");
        GroupLock.TryTake(settings.Folder, "transactions", "score").ShouldBeNull();
        GroupLock.Holder(settings.Folder, "transactions", "score").ShouldBe($"process {worker.Id}");

        await worker.KillAsync();

        using var mine = GroupLock.TryTake(settings.Folder, "transactions", "score");
        mine.ShouldNotBeNull();
    }
}
