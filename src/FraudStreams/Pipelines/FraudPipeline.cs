using Akka;
using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Alerting;
using FraudStreams.Labels;
using FraudStreams.Messaging;
using FraudStreams.Model.Schemas;
using FraudStreams.RateLimiting;
using FraudStreams.Replay;
using FraudStreams.Scoring;
using FraudStreams.Simulation;
using FraudStreams.Storage;
using FraudStreams.Topics;
using FraudStreams.WindowStates;

namespace FraudStreams.Pipelines;

/// <summary>
/// The graphs: what runs, in which order, under which valve. Each branch is a stream of its own between topics. It ends when the stop
/// switch is thrown and what it had taken is committed; a failure starts it again, after a pause, from its last commit.
/// </summary>
static class FraudPipeline
{
    /// <summary>file or generator ▸ speed_1 ▸ transactions, with the place in the file.</summary>
    public static IRunnableGraph<Task<Done>> Simulate(PipelineContext parts, TransactionSchema schema, RateLimiter speed1) => Restarted(parts, () =>
        Simulator.Source(() => parts.NewSimulator(schema, speed1))
            .Via(RateLimiter.Flow<RecordBatch>(speed1, records => records.Count))
            .Via(parts.Stop.Flow<RecordBatch>())
            .Via(PublishRecords.Flow(parts.Topics, parts.Counters)));

    /// <summary>transactions ▸ batch ▸ speed_2 ▸ read ▸ windows ▸ model ▸ predictions and rejected, with the position in transactions.</summary>
    public static IRunnableGraph<Task<Done>> Score(
        PipelineContext parts, TransactionSchema schema, PartitionWindowStates? memory, IActorRef model, RateLimiter speed2) =>
        ConsumedApart(parts, TopicNames.Transactions, (partition, chunks) => chunks
            .Via(parts.Settings.Batch.Flow())
            .Via(BatchRateLimiter.Flow<TopicRecord>(speed2))
            .Via(ReadTransactions.Flow(schema, parts.Settings.Topics))
            .Via(PartitionWindowStates.Flow(memory, partition))
            .Via(ScoreTransactions.Flow(model, parts.Settings.Scoring))
            .Via(PublishPredictions.Flow(parts.Topics, parts.Counters, parts.Time)));

    /// <summary>predictions ▸ predicted frauds ▸ the partition's desk, with the position in predictions; the desk ▸ mail, webhook ▸ alerts.</summary>
    public static IRunnableGraph<Task<Done>> Alert(PipelineContext parts, TransactionSchema schema, AlertTemplate template, IActorRef desks) =>
        ConsumedApart(parts, TopicNames.Predictions, (partition, chunks) =>
            chunks.Via(AlertFlow.Flow(partition.Partition, desks, template, schema, parts.Topics, parts.Log, parts.Time)));

    /// <summary>predictions ▸ batch ▸ speed_3 ▸ database, then the position in predictions.</summary>
    public static IRunnableGraph<Task<Done>> Store(PipelineContext parts, PredictionStore store, RateLimiter speed3) =>
        Consumed(parts, TopicNames.Predictions, partition => partition
            .Via(parts.Settings.Store.Batch.Flow())
            .Via(BatchRateLimiter.Flow<TopicRecord>(speed3))
            .Via(StorePredictions.Flow(store, parts.Topics, parts.Name, parts.Time))
            .Select(parts.CountStored));

    /// <summary>labels ▸ batch ▸ payments in the database, now or when they come, then the position in labels.</summary>
    public static IRunnableGraph<Task<Done>> Labels(PipelineContext parts, PredictionStore store) =>
        Consumed(parts, TopicNames.Labels, partition => partition
            .Via(parts.Settings.Store.Batch.Flow())
            .Select(ReadLabels.Read)
            .Via(StoreLabels.Flow(store, parts.Topics, parts.Name, parts.Time))
            .Select(parts.CountLabelled));

    /// <summary>a partition of transactions once more, as it is read ▸ windows ▸ model ▸ a side output.</summary>
    public static IRunnableGraph<Task<Done>> Replay(
        Source<IReadOnlyList<TopicRecord>, NotUsed> chunks, FraudSettings settings, TransactionSchema schema, PaymentWindows windows, IActorRef model,
        Func<TransactionBatch, Task<Done>> write) =>
        chunks.Via(ReadTransactions.Flow(schema, settings.Topics))
            .Via(ReplayPayments.Windows(windows))
            .Via(ScoreTransactions.Flow(model, settings.Scoring))
            .SelectAsync(1, write)
            .ToMaterialized(Sink.Ignore<Done>(), Keep.Right);

    /// <summary>Every partition that this process is given, side by side, until the switch is thrown.</summary>
    static IRunnableGraph<Task<Done>> Consumed(PipelineContext parts, string topic, Func<Source<IReadOnlyList<TopicRecord>, NotUsed>, Source<Done, NotUsed>> flow) =>
        ConsumedApart(parts, topic, (_, chunks) => flow(chunks));

    /// <summary>The same where a partition has parts of its own.</summary>
    static IRunnableGraph<Task<Done>> ConsumedApart(
        PipelineContext parts, string topic, Func<TopicPartition, Source<IReadOnlyList<TopicRecord>, NotUsed>, Source<Done, NotUsed>> flow) =>
        Restarted(parts, () => parts.Topics.Consume(topic, parts.Name)
            .Via(parts.Stop.Flow<TopicPartitionSource>())
            .MergeMany(parts.Settings.Topics.Partitions, source => flow(source.Partition, source.Chunks.Via(parts.Stop.Flow<IReadOnlyList<TopicRecord>>()))));

    static IRunnableGraph<Task<Done>> Restarted(PipelineContext parts, Func<Source<Done, NotUsed>> branch) =>
        RestartSource.OnFailuresWithBackoff(() => branch().Select(parts.Worked).SelectError(parts.Named), parts.Settings.Restart.ToRestartSettings())
            .ToMaterialized(Sink.Ignore<Done>(), Keep.Right);
}
