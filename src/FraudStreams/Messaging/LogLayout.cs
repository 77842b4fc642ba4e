using System.Collections.Immutable;

namespace FraudStreams.Messaging;

/// <summary>What a message log holds and who uses it.</summary>
/// <param name="Partitions">The topics, and how many partitions each has.</param>
/// <param name="Consumers">The groups that consume topics, each with its topic: their lag is part of the status.</param>
/// <param name="Producers">The producers whose offset in their source is committed together with the records they publish.</param>
public sealed record LogLayout(
    ImmutableSortedDictionary<string, int> Partitions, ImmutableArray<(string Group, string Topic)> Consumers, ImmutableArray<CheckpointedProducer> Producers)
{
    /// <summary>Those of the topics that keep their records for ever where they are created.</summary>
    public ImmutableArray<string> Kept { get; init; } = [];
}

/// <param name="Group">The group under which the offset is committed.</param>
/// <param name="Topics">The topics it publishes to.</param>
/// <param name="IsOneRecordAStep">Each record is one step of the source, as with the rows of a file; else a step may make any number of records.</param>
public sealed record CheckpointedProducer(string Group, ImmutableArray<string> Topics, bool IsOneRecordAStep)
{
    /// <summary>
    /// Whether the source gives the same records again from a step on, as a file does. One that does not, as an API that is asked for what is new, goes on after
    /// the last step that is published: what it gives then are other records.
    /// </summary>
    public bool IsReplayed { get; init; } = true;
}
