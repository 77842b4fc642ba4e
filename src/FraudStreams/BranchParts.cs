using Akka;
using Akka.Event;
using Akka.Streams;
using FraudStreams.Monitoring;
using FraudStreams.Storage;
using FraudStreams.Topics;

namespace FraudStreams;

/// <summary>What a branch is built of.</summary>
/// <param name="Name">The branch's name, which is also its consumer group.</param>
/// <param name="Stop">Thrown when the program stops: nothing more is taken then.</param>
sealed record BranchParts(
    string Name, FraudSettings Settings, ITopics Topics, SharedKillSwitch Stop, StreamCounters Counters, ILoggingAdapter Log, TimeProvider Time)
{
    public Done CountStored(StoredBatch batch)
    {
        Counters.Stored(batch.Stored);
        Counters.Rejected(batch.Unreadable.Length);
        return Done.Instance;
    }

    /// <summary>The failure with the branch's name, for the line that says why the branch starts again.</summary>
    public Exception Named(Exception failure) => new BranchFailedException(Name, failure.GetBaseException());
}

/// <summary>A branch ends with this and starts again, after a pause, from its last commit.</summary>
public sealed class BranchFailedException(string branch, Exception cause) : Exception($"{branch}: {cause.Message}", cause);
