using Akka.Streams;
using FraudStreams.Configuration;

namespace FraudStreams.Messaging;

/// <summary>When a batch is closed: at <paramref name="Size"/> records, or <paramref name="Wait"/> after its first.</summary>
public sealed record BatchSettings(int Size, TimeSpan Wait)
{
    public static BatchSettings From(SettingsSection section) =>
        new(section.Int("size", 1, 100_000), section.Duration("wait", TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)));

    /// <summary>Chunks of records into batches.</summary>
    internal IGraph<FlowShape<IReadOnlyList<TopicRecord>, IReadOnlyList<TopicRecord>>, Akka.NotUsed> Flow() => new BatchChunks<TopicRecord>(Size, Wait);

    /// <summary>The same, with a record's wait counted from when it came into its topic: what it spent there is taken off. For who is waited for.</summary>
    internal IGraph<FlowShape<IReadOnlyList<TopicRecord>, IReadOnlyList<TopicRecord>>, Akka.NotUsed> FlowByAge(TimeProvider time) =>
        new BatchChunks<TopicRecord>(Size, Wait, record => time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(record.UnixMilliseconds));
}
