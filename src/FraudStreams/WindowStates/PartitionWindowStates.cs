using Akka;
using Akka.Event;
using Akka.Streams.Dsl;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Model.Schemas;
using FraudStreams.Scoring;

namespace FraudStreams.WindowStates;

/// <summary>What the windows of all partitions of this process need.</summary>
sealed record PartitionWindowStates(
    TransactionSchema Schema, IMessageLog Topics, ICheckpointStore Snapshots, WindowStateSettings Settings, int Partitions, int MaxRecordBytes, ILoggingAdapter Log, TimeProvider Time) : IDisposable
{
    /// <summary>Null where the schema has no windows: then nothing is remembered.</summary>
    public static PartitionWindowStates? Open(TransactionSchema schema, IMessageLog topics, FraudSettings settings, ILoggingAdapter log, TimeProvider time)
    {
        if (schema.WindowFeatures.IsEmpty)
            return null;
        CheckDelays(schema, settings.Topics.Partitions);
        if (WhatRetentionTakes(schema, settings.Topics) is { } warning)
            log.Warning(warning);
        var files = new FileCheckpointStore(settings.DataDirectory);
        ICheckpointStore snapshots = settings.Topics.Kafka is { } kafka ? new KafkaCheckpointStore(kafka, settings.Topics.Partitions, files) : files;
        return new PartitionWindowStates(schema, topics, snapshots, settings.Memory, settings.Topics.Partitions, settings.Topics.MaxRecordBytes, log, time);
    }

    /// <summary>Passes batches of a partition on with their window values. A partition that comes back gets a new flow.</summary>
    public static Flow<TransactionBatch, TransactionBatch, NotUsed> Flow(PartitionWindowStates? memory, TopicPartition partition)
    {
        if (memory is null)
            return Akka.Streams.Dsl.Flow.Create<TransactionBatch>();
        var ended = new CancellationTokenSource();
        var windows = new PartitionWindowState(memory, partition, ended.Token);
        return Akka.Streams.Dsl.Flow.Create<TransactionBatch>().SelectAsync(1, windows.RememberAsync).WatchTermination((nothing, termination) =>
        {
            _ = termination.ContinueWith(_ => EndAsync(windows, ended), TaskScheduler.Default);
            return nothing;
        });
    }

    /// <summary>Whether some windows need the other partitions.</summary>
    public bool NeedsOthers { get; } = PaymentWindows.NeedsOthers(Schema, Partitions);

    /// <exception cref="SettingsException">A window needs other partitions up to the payment itself, whose order to each other nobody knows.</exception>
    public static void CheckDelays(TransactionSchema schema, int partitions)
    {
        if (!PaymentWindows.NeedsOthers(schema, partitions) || schema.WindowFeatures.FirstOrDefault(window => !schema.IsOfCard(window) && window.Delay == TimeSpan.Zero) is not { } window)
            return;
        throw new SettingsException(
            $"feature {window.Name} of schema {schema.Name} is a window by {string.Join(", ", window.By)} without a delay, and `transactions` has {partitions} partitions (topics.partitions), which come in no order to each other: give it a delay, or the topic one partition");
    }

    /// <summary>What to say where the topic does not go back as far as the windows do, or null. A broker's retention is not known here.</summary>
    public static string? WhatRetentionTakes(TransactionSchema schema, TopicSettings topics)
    {
        var farthest = schema.WindowFeatures.MaxBy(window => window.Over + window.Delay);
        if (farthest is null || topics.Kafka is not null || topics.Retention.MaxAge is not { } age || age >= farthest.Over + farthest.Delay)
            return null;
        return $"topics.retention.age is {age.TotalDays:0.##} days, and feature {farthest.Name} of schema {schema.Name} goes back {(farthest.Over + farthest.Delay).TotalDays:0.##}: "
            + "should a snapshot of the windows be lost, they would begin with less than they held. Keep records for as long";
    }

    public void Dispose() => Snapshots.Dispose();

    static async Task EndAsync(PartitionWindowState windows, CancellationTokenSource ended)
    {
        await ended.CancelAsync();
        await windows.DisposeAsync();
    }
}
