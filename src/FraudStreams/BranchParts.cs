using Akka;
using Akka.Event;
using Akka.Streams;
using FraudStreams.Ingest;
using FraudStreams.Labels;
using FraudStreams.Model.Schema;
using FraudStreams.Monitoring;
using FraudStreams.Speeds;
using FraudStreams.Storage;
using FraudStreams.Topics;

namespace FraudStreams;

/// <summary>What a branch is built of.</summary>
/// <param name="Name">The branch's name, which is also its consumer group.</param>
/// <param name="Health">Is told of each failure and of each batch that went all the way.</param>
/// <param name="Stop">Thrown when the program stops: nothing more is taken then.</param>
sealed record BranchParts(
    string Name, FraudSettings Settings, ITopics Topics, SharedKillSwitch Stop, StreamCounters Counters, BranchHealth Health, ILoggingAdapter Log, TimeProvider Time)
{
    readonly ErrorThrottle _errors = new(Log, Name, Time);

    static readonly TimeSpan TurnInterval = TimeSpan.FromMilliseconds(500);

    public Simulator NewSimulator(TransactionSchema schema, SpeedValve speed1) => new(
        () => Feed.Open(Settings, schema), Settings.Simulate.EventTimeFactor, TakeTurnAsync, Topics, speed1, Log, Time);

    public Done CountStored(StoredBatch batch)
    {
        Counters.Stored(batch.Stored);
        Counters.Rejected(batch.Unreadable.Length);
        return Done.Instance;
    }

    public Done CountLabelled(LabelBatch batch)
    {
        Counters.Rejected(batch.Unreadable.Length);
        return Done.Instance;
    }

    /// <summary>
    /// The failure with the branch's name, for the line that says why the branch starts again. A task's failure comes wrapped; what is inside
    /// says what failed and what would help, and what that has inside may not.
    /// </summary>
    public Exception Named(Exception failure)
    {
        if (failure is AggregateException { InnerException: { } inner })
            return Named(inner);
        Health.Failed(Name, failure.Message);
        _errors.Warn($"{failure.Message}. It starts again from its last commit after a pause");
        return new BranchFailedException(Name, failure);
    }

    /// <summary>To produce from a source, in the data folder's name.</summary>
    async Task<IDisposable> TakeTurnAsync(TopicPartition source, CancellationToken ct) => await GroupLock.TakeAsync(
        Settings.DataDirectory, source.Topic, Groups.Simulate, TurnInterval, Time,
        other => Log.Info("{0} produces from this source; this process waits and goes on when it is gone", other.Holder), ct);

    public Done Worked(Done done)
    {
        if (Health.Worked(Name))
            _errors.Over();
        return done;
    }
}

/// <summary>A branch ends with this and starts again, after a pause, from its last commit.</summary>
public sealed class BranchFailedException(string branch, Exception cause) : Exception($"{branch}: {cause.Message}", cause);
