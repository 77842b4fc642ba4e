using Akka.Streams;
using FraudStreams.Configuration;

namespace FraudStreams.Messaging;

/// <summary>When a batch is closed: at <paramref name="Size"/> records, or once its first has waited for <paramref name="Wait"/>.</summary>
public sealed record BatchSettings(int Size, TimeSpan Wait)
{
    public static BatchSettings From(SettingsSection section) =>
        new(section.Int("size", 1, 100_000), section.Duration("wait", TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)));

    /// <summary>Chunks of records into batches.</summary>
    internal IGraph<FlowShape<IReadOnlyList<TopicRecord>, IReadOnlyList<TopicRecord>>, Akka.NotUsed> Flow() => new BatchChunks<TopicRecord>(Size, Wait);

    /// <summary>
    /// The same, with a record's wait counted from when it came into its topic: what it spent there is taken off. For who is waited for. Of a record's time,
    /// which another machine's clock or another program gave it, nothing is expected: a batch waits between a tenth of the wait and all of it.
    /// </summary>
    internal IGraph<FlowShape<IReadOnlyList<TopicRecord>, IReadOnlyList<TopicRecord>>, Akka.NotUsed> FlowByAge(TimeProvider time) =>
        new BatchChunks<TopicRecord>(Size, Wait, record => Age(record, time));

    TimeSpan Age(TopicRecord record, TimeProvider time)
    {
        var milliseconds = time.GetUtcNow().ToUnixTimeMilliseconds() - Math.Max(0, record.UnixMilliseconds);
        return TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 0, (long)Wait.TotalMilliseconds));
    }
}
