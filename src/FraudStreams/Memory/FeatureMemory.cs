using Akka;
using Akka.Event;
using Akka.Streams.Dsl;
using FraudStreams.Model.Schema;
using FraudStreams.Scoring;
using FraudStreams.Topics;

namespace FraudStreams.Memory;

/// <summary>What the windows of all partitions of this process need.</summary>
sealed record FeatureMemory(
    TransactionSchema Schema, ITopics Topics, ISnapshots Snapshots, MemorySettings Settings, int MaxRecordBytes, ILoggingAdapter Log, TimeProvider Time) : IDisposable
{
    /// <summary>Null where the schema has no windows: then nothing is remembered.</summary>
    public static FeatureMemory? Open(TransactionSchema schema, ITopics topics, FraudSettings settings, ILoggingAdapter log, TimeProvider time)
    {
        if (schema.WindowFeatures.IsEmpty)
            return null;
        var files = new SnapshotFiles(settings.DataDirectory);
        ISnapshots snapshots = settings.Topics.Kafka is { } kafka ? new SnapshotTopic(kafka, settings.Topics.Partitions, files) : files;
        return new FeatureMemory(schema, topics, snapshots, settings.Memory, settings.Topics.MaxRecordBytes, log, time);
    }

    /// <summary>Passes batches of a partition on with their window values. A partition that comes back gets a new flow.</summary>
    public static Flow<TransactionBatch, TransactionBatch, NotUsed> Flow(FeatureMemory? memory, TopicPartition partition)
    {
        if (memory is null)
            return Akka.Streams.Dsl.Flow.Create<TransactionBatch>();
        var ended = new CancellationTokenSource();
        var windows = new PartitionMemory(memory, partition, ended.Token);
        return Akka.Streams.Dsl.Flow.Create<TransactionBatch>().SelectAsync(1, windows.RememberAsync).WatchTermination((nothing, termination) =>
        {
            _ = termination.ContinueWith(_ => ended.Cancel(), TaskScheduler.Default);
            return nothing;
        });
    }

    public void Dispose() => Snapshots.Dispose();
}
