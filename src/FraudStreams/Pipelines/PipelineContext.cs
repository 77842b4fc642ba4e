using Akka;
using Akka.Event;
using Akka.Streams;
using FraudStreams.Diagnostics;
using FraudStreams.Labels;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Schemas;
using FraudStreams.RateLimiting;
using FraudStreams.Simulation;
using FraudStreams.Storage;
using FraudStreams.Topics;

namespace FraudStreams.Pipelines;

/// <summary>What a branch is built of.</summary>
/// <param name="Name">The branch's name, which is also its consumer group.</param>
/// <param name="Health">Is told of each failure and of each batch that went all the way.</param>
/// <param name="Stop">Thrown when the program stops: nothing more is taken then.</param>
sealed record PipelineContext(
    string Name, FraudSettings Settings, IMessageLog Topics, SharedKillSwitch Stop, StreamCounters Counters, PipelineHealth Health, ILoggingAdapter Log, TimeProvider Time)
{
    readonly ErrorThrottle _errors = new(Log, Name, Time);

    static readonly TimeSpan TurnInterval = TimeSpan.FromMilliseconds(500);

    public Simulator NewSimulator(TransactionSchema schema, RateLimiter speed1) => new(
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
        return new PipelineFailedException(Name, failure);
    }

    /// <summary>To produce from a source, in the data folder's name.</summary>
    async Task<IDisposable> TakeTurnAsync(TopicPartition source, CancellationToken ct) => await GroupLock.TakeAsync(
        Settings.DataDirectory, source.Topic, ConsumerGroups.Simulate, TurnInterval, Time,
        other => Log.Info("{0} produces from this source; this process waits and goes on when it is gone", other.Holder), ct);

    public Done Worked(Done done)
    {
        if (Health.Worked(Name))
            _errors.Over();
        return done;
    }
}

/// <summary>A branch ends with this and starts again, after a pause, from its last commit.</summary>
public sealed class PipelineFailedException(string branch, Exception cause) : Exception($"{branch}: {cause.Message}", cause);
