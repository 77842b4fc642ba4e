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
    /// The same, closed early where nothing more has come for a tenth of the wait: for who is waited for. What comes in bursts is passed on with them, and
    /// what trickles in makes at most ten batches a wait.
    /// </summary>
    internal IGraph<FlowShape<IReadOnlyList<TopicRecord>, IReadOnlyList<TopicRecord>>, Akka.NotUsed> FlowUntilDry() => new BatchChunks<TopicRecord>(Size, Wait, Wait / 10);
}
