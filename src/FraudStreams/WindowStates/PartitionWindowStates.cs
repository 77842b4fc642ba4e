using System.Collections.Concurrent;
using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Model.Schemas;
using FraudStreams.Scoring;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging;

namespace FraudStreams.WindowStates;

/// <summary>What the window states of all partitions of this process share.</summary>
/// <param name="Cards">What gives cards of snapshots their tokens of now; null where cards stay as they come.</param>
sealed record PartitionWindowStates(
    TransactionSchema Schema, IMessageLog Topics, ICheckpointStore Snapshots, WindowStateSettings Settings, int Partitions, int MaxRecordBytes, ILogger Log, TimeProvider Time,
    CardTokens? Cards = null) : IDisposable
{
    readonly ConcurrentDictionary<int, PartitionWindowState> _assigned = [];

    /// <summary>Null if the schema has no windows: then there is no state.</summary>
    public static PartitionWindowStates? Open(
        TransactionSchema schema, IMessageLog topics, TopicSettings topicSettings, WindowStateSettings settings, string dataDirectory, ILogger log, TimeProvider time, CardTokens? cards = null)
    {
        if (schema.WindowFeatures.IsEmpty)
            return null;
        CheckDelays(schema, topicSettings.Partitions);
        if (RetentionWarning(schema, topicSettings) is { } warning)
            log.LogWarning("{Warning}", warning);
        var files = new FileCheckpointStore(dataDirectory);
        ICheckpointStore snapshots = topicSettings.Kafka is { } kafka ? new KafkaCheckpointStore(kafka, topicSettings.Partitions, files, topicSettings.NameOf(TopicNames.Memory)) : files;
        return new PartitionWindowStates(schema, topics, snapshots, settings, topicSettings.Partitions, topicSettings.MaxRecordBytes, log, time, cards);
    }

    /// <summary>Fills in the window values of a partition's batches. A partition that is assigned again gets a new flow.</summary>
    public static Flow<TransactionBatch, TransactionBatch, NotUsed> Flow(PartitionWindowStates? shared, TopicPartition partition)
    {
        if (shared is null)
            return Akka.Streams.Dsl.Flow.Create<TransactionBatch>();
        var ended = new CancellationTokenSource();
        var windows = new PartitionWindowState(shared, partition, ended.Token);
        shared._assigned[partition.Partition] = windows;
        return Akka.Streams.Dsl.Flow.Create<TransactionBatch>().SelectAsync(1, windows.AdvanceAsync).WatchTermination((nothing, termination) =>
        {
            _ = termination.ContinueWith(_ =>
            {
                shared._assigned.TryRemove(KeyValuePair.Create(partition.Partition, windows));
                return EndAsync(windows, ended);
            }, TaskScheduler.Default);
            return nothing;
        });
    }

    /// <summary>
    /// Fills in the window values that rows of one partition would have if they came next, one after the other, and leaves the windows as they are.
    /// </summary>
    /// <exception cref="PartitionElsewhereException">The partition is not assigned to this process.</exception>
    public Task PeekAsync(int partition, TransactionRows rows, CancellationToken cancellationToken) => _assigned.TryGetValue(partition, out var windows)
        ? windows.PeekAsync(rows, cancellationToken)
        : throw new PartitionElsewhereException(new TopicPartition(TopicNames.Transactions, partition));

    /// <summary>Whether the partition is assigned to this process.</summary>
    public bool IsAssigned(int partition) => _assigned.ContainsKey(partition);

    /// <summary>Whether some windows need other partitions.</summary>
    public bool NeedsOthers { get; } = PaymentWindows.NeedsOthers(Schema, Partitions);

    /// <exception cref="SettingsException">A window needs other partitions up to the payment itself, and there is no order across partitions.</exception>
    public static void CheckDelays(TransactionSchema schema, int partitions)
    {
        if (!PaymentWindows.NeedsOthers(schema, partitions) || schema.WindowFeatures.FirstOrDefault(window => !schema.IsOfCard(window) && window.Delay == TimeSpan.Zero) is not { } window)
            return;
        throw new SettingsException(
            $"feature {window.Name} of schema {schema.Name} is a window by {string.Join(", ", window.By)} without a delay, "
            + $"and `transactions` has {partitions} partitions (topics.partitions), which have no order "
            + "across each other: give it a delay, or the topic one partition");
    }

    /// <summary>A warning if the topic's retention is shorter than the windows reach back, else null. A broker's retention is not known here.</summary>
    public static string? RetentionWarning(TransactionSchema schema, TopicSettings topics)
    {
        var farthest = schema.WindowFeatures.MaxBy(window => window.Over + window.Delay);
        if (farthest is null || topics.Kafka is not null || topics.Retention.MaxAge is not { } age || age >= farthest.Over + farthest.Delay)
            return null;
        return $"topics.retention.age is {age.TotalDays:0.##} days, and feature {farthest.Name} of schema {schema.Name} goes back {(farthest.Over + farthest.Delay).TotalDays:0.##}: "
            + "if a snapshot of the windows is lost, they are rebuilt incomplete. Keep records for at least as long";
    }

    public void Dispose() => Snapshots.Dispose();

    static async Task EndAsync(PartitionWindowState windows, CancellationTokenSource ended)
    {
        await ended.CancelAsync();
        await windows.DisposeAsync();
    }
}
