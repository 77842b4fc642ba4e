using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;

namespace FraudStreams.Tests.Messaging.Sqlite;

/// <summary>The work of a worker process until it is killed.</summary>
static class LogWorkers
{
    /// <summary>Resumes at its group's committed offset: for each number publishes three records and the offset after it, in one batch.</summary>
    public static async Task<int> PublishAsync(string folder)
    {
        var source = new TopicPartition("file:numbers", 0);
        await using var log = LogOf.Open(LogOf.Settings(folder));
        for (var number = await log.PositionAsync("count", source); ; number++)
        {
            await log.PublishAsync(LogOf.Batch("transactions", $"{number}a", $"{number}b", $"{number}c").With("count", source, number + 1));
            Console.WriteLine(number);
        }
    }

    public static async Task<int> HoldGroupAsync(string folder, string topic, string group)
    {
        using var held = GroupLock.TryTake(folder, topic, group);
        Console.WriteLine(held is null ? "taken" : "held");
        await Task.Delay(Timeout.Infinite);
        return 0;
    }
}
