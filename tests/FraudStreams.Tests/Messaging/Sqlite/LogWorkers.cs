using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;

namespace FraudStreams.Tests.Messaging.Sqlite;

/// <summary>What a worker process does until it is killed.</summary>
static class LogWorkers
{
    /// <summary>Goes on from the position of its group: for each number three records and the position after it, in one publish.</summary>
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
