using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Candidates;
using FraudStreams.Diagnostics;
using FraudStreams.Labels;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.RateLimiting;
using FraudStreams.Simulation;
using FraudStreams.Storage;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Pipelines;

/// <summary>What one pipeline is built of and reports to.</summary>
/// <param name="Name">The pipeline's name, which is also its consumer group.</param>
/// <param name="Health">Records each failure, and each batch that was committed.</param>
/// <param name="Stop">Thrown when the program stops: nothing more is consumed then.</param>
sealed record PipelineContext(
    string Name, FraudSettings Settings, StreamResources Resources, PipelineRates Rates, LiveCandidateSettings Candidates, StopSwitch Stop, StreamMetrics Metrics, PipelineHealth Health,
    ILogger Log, TimeProvider Time)
{
    static readonly TimeSpan TurnInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Its failures in a row, and the pauses between them.</summary>
    public PipelineFailures Failures { get; } = new(Name, Settings.Restart, Health, new ErrorThrottle(Log, Name, Time), Time);

    public Simulator NewSimulator() => new(
        () => Feed.Open(Settings.Simulate, Settings.Model.FirstRunPayments, Resources.Schema, Resources.Topics, Settings.Restart, new ErrorThrottle(Log, Name, Time), Health, Time, Settings.Privacy.For(Resources.Schema)), Settings.Simulate.EventTimeFactor, TakeTurnAsync, Resources.Topics, Rates.Speed1,
        Log, Time);

    public IReadOnlyList<TopicRecord> CountConsumed(IReadOnlyList<TopicRecord> chunk)
    {
        Metrics.Consumed(chunk[0].Partition.Topic, Name, chunk.Count);
        return chunk;
    }

    /// <summary>Notes that this process consumes the partition, for as long as the flow runs.</summary>
    public Flow<IReadOnlyList<TopicRecord>, IReadOnlyList<TopicRecord>, NotUsed> Assigned(TopicPartition partition) =>
        Flow.Create<IReadOnlyList<TopicRecord>>().WatchTermination((none, ended) =>
        {
            Metrics.Assigned.Add(Name, partition.Partition);
            _ = ended.ContinueWith(_ => Metrics.Assigned.Remove(Name, partition.Partition), TaskScheduler.Default);
            return none;
        });

    public Done CountStored(StoredBatch batch)
    {
        Metrics.Stored(batch.Stored);
        foreach (var unreadable in batch.Unreadable)
            Metrics.Rejected(Name, unreadable.Reason.Code);
        return Done.Instance;
    }

    public Done CountLabelled(LabelBatch batch)
    {
        var now = Time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var label in batch.Labels)
            Metrics.LabelStored((now - label.ConfirmedAt) / 1000.0);
        foreach (var unreadable in batch.Unreadable)
            Metrics.Rejected(Name, unreadable.Reason.Code);
        return Done.Instance;
    }

    public Done CountShadow(StoredShadow batch)
    {
        foreach (var unreadable in batch.Unreadable)
            Metrics.Rejected(Name, unreadable.Reason.Code);
        return Done.Instance;
    }

    /// <summary>
    /// Records a failure and names the pipeline in it. A task's failure comes wrapped; what is inside says what failed and what would help, and what that
    /// has inside may not.
    /// </summary>
    public Exception Failed(Exception failure)
    {
        if (failure is AggregateException { InnerException: { } inner })
            return Failed(inner);
        Metrics.Restarted(Name);
        Failures.Failed(failure.Message);
        return new PipelineFailedException(Name, failure);
    }

    public Done Worked(Done done)
    {
        Failures.Worked();
        return done;
    }

    /// <summary>Takes the turn to produce from a source, so that two processes do not send its payments twice.</summary>
    async Task<IDisposable> TakeTurnAsync(TopicPartition source, CancellationToken cancellationToken) => await GroupLock.TakeAsync(
        Settings.DataDirectory, source.Topic, ConsumerGroups.Simulate, TurnInterval, Time,
        other => Log.LogInformation("{Holder} produces from this source; this process waits and goes on when it is gone", other.Holder), cancellationToken);
}

/// <summary>A pipeline ends with this and starts again, after a pause, from its last commit.</summary>
public sealed class PipelineFailedException(string pipeline, Exception cause) : Exception($"{pipeline}: {cause.Message}", cause);
