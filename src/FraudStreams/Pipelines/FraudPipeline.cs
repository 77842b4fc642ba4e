using Akka;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Alerting;
using FraudStreams.Diagnostics;
using FraudStreams.Labels;
using FraudStreams.Messaging;
using FraudStreams.RateLimiting;
using FraudStreams.Rekeying;
using FraudStreams.Scoring;
using FraudStreams.Simulation;
using FraudStreams.Storage;
using FraudStreams.Topics;
using FraudStreams.WindowStates;

namespace FraudStreams.Pipelines;

/// <summary>
/// The graphs: what runs, in which order, at which rate. Each is a stream of its own between topics. It ends when the stop switch is thrown and what it
/// had in flight is committed; a failure starts it again, after a pause, from its last commit.
/// </summary>
static class FraudPipeline
{
    /// <summary>file or generator ▸ speed_1 ▸ transactions, with the position in the file.</summary>
    public static IRunnableGraph<Task<Done>> Simulate(PipelineContext context) => Restarted(context, () =>
        Simulator.Source(context.NewSimulator)
            .Via(RateLimiter.Flow<RecordBatch>(context.Rates.Speed1, records => records.Count))
            .Via(context.Stop.Flow<RecordBatch>())
            .Via(PublishRecords.Flow(context.Resources.Topics, context.Metrics, new TraceSample(context.Settings.TraceSample))));

    /// <summary>topic of others, by partition ▸ JSON or Avro ▸ merge by event time ▸ speed_1 ▸ transactions, keyed by card, and rejected, with the offsets in the other topic.</summary>
    public static IRunnableGraph<Task<Done>> Rekey(PipelineContext context, ReadSource reader) => Restarted(context, () =>
        context.Resources.Topics.Consume(TopicNames.Source, context.Name)
            .Via(context.Stop.Flow<TopicPartitionSource>())
            .MergeMany(context.Settings.Topics.SourcePartitions!.Value, source => SourceFlow.Of(
                source, source.Chunks.Via(context.Stop.Flow<IReadOnlyList<TopicRecord>>()).Via(context.Assigned(source.Partition)).Select(context.CountConsumed), reader))
            .Via(SourceFlow.Merge(context.Resources.Topics, context.Settings.Topics, context.Name, context.Time))
            .Via(RateLimiter.Flow<IReadOnlyList<SourceRecord>>(context.Rates.Speed1, records => records.Count))
            .Via(context.Stop.Flow<IReadOnlyList<SourceRecord>>())
            .Via(PublishRekeyed.Flow(context.Resources.Topics, context.Metrics, context.Settings.Privacy.For(context.Resources.Schema), context.Time)));

    /// <summary>transactions ▸ batch ▸ speed_2 ▸ parse ▸ windows ▸ model ▸ predictions and rejected, with the offset in transactions; counts ▸ drift; challenger ▸ shadow.</summary>
    public static IRunnableGraph<Task<Done>> Score(
        PipelineContext context, PartitionWindowStates? windows, CardPartitions? cards, IActorRef model, ShadowQueue shadow, DriftRecorder? drift) =>
        Consumed(context, TopicNames.Transactions, (partition, chunks) => chunks
            .Via(context.Settings.Batch.FlowUntilDry())
            .Via(BatchRateLimiter.Flow<TopicRecord>(context.Rates.Speed2, context.Stop.Thrown))
            .Via(ReadTransactions.Flow(context.Resources.Schema, context.Settings.Topics, context.Time))
            .Via(CardPartitions.Flow(cards, partition))
            .Via(PartitionWindowStates.Flow(windows, partition))
            .Via(ScoreTransactions.Flow(model, context.Settings.Scoring))
            .Via(PublishPredictions.Flow(context.Resources.Topics, context.Metrics, context.Time, shadow, context.Resources.Awaited, drift)));

    /// <summary>predictions ▸ predicted frauds ▸ the partition's outbox, with the offset in predictions; the outbox ▸ mail, webhook ▸ alerts.</summary>
    public static IRunnableGraph<Task<Done>> Alert(PipelineContext context, IActorRef outboxes) =>
        Consumed(context, TopicNames.Predictions, (partition, chunks) => chunks
            .Via(AlertFlow.Flow(partition.Partition, outboxes, context.Resources.Schema, context.Resources.Topics, () => context.Stop.IsThrown, context.Log, context.Time)));

    /// <summary>predictions ▸ batch ▸ speed_3 ▸ database, then the offset in predictions.</summary>
    public static IRunnableGraph<Task<Done>> Store(PipelineContext context, PredictionStore store) =>
        Consumed(context, TopicNames.Predictions, (_, chunks) => chunks
            .Via(context.Settings.Store.Batch.Flow())
            .Via(BatchRateLimiter.Flow<TopicRecord>(context.Rates.Speed3, context.Stop.Thrown))
            .Via(StorePredictions.Flow(store, context.Resources.Topics, context.Name, context.Time))
            .Select(context.CountStored));

    /// <summary>labels ▸ batch ▸ payments in the database, now or when they come, then the offset in labels.</summary>
    public static IRunnableGraph<Task<Done>> Labels(PipelineContext context, PredictionStore store) =>
        Consumed(context, TopicNames.Labels, (_, chunks) => chunks
            .Via(context.Settings.Store.Batch.Flow())
            .Select(ReadLabels.Read)
            .Via(StoreLabels.Flow(store, context.Resources.Topics, context.Name, context.Time))
            .Select(context.CountLabelled));

    /// <summary>shadow ▸ batch ▸ database, then the offset in shadow.</summary>
    public static IRunnableGraph<Task<Done>> Shadow(PipelineContext context, PredictionStore store) =>
        Consumed(context, TopicNames.Shadow, (_, chunks) => chunks
            .Via(context.Settings.Store.Batch.Flow())
            .Via(StoreShadow.Flow(store, context.Resources.Topics, context.Name, context.Time))
            .Select(context.CountShadow));

    /// <summary>every second ▸ look at the gate and train, if it is time to and no other host does.</summary>
    public static IRunnableGraph<Task<Done>> Train(PipelineContext context, Func<Task<Done>> step) => Restarted(context, () =>
        Source.Tick(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), NotUsed.Instance).MapMaterializedValue(_ => NotUsed.Instance)
            .Via(context.Stop.Flow<NotUsed>())
            .SelectAsync(1, _ => step()));

    /// <summary>Every partition that this process is assigned, side by side, until the switch is thrown.</summary>
    static IRunnableGraph<Task<Done>> Consumed(
        PipelineContext context, string topic, Func<TopicPartition, Source<IReadOnlyList<TopicRecord>, NotUsed>, Source<Done, NotUsed>> flow) =>
        Restarted(context, () => context.Resources.Topics.Consume(topic, context.Name)
            .Via(context.Stop.Flow<TopicPartitionSource>())
            .MergeMany(context.Settings.Topics.Partitions, source => flow(
                source.Partition, source.Chunks.Via(context.Stop.Flow<IReadOnlyList<TopicRecord>>()).Via(context.Assigned(source.Partition)).Select(context.CountConsumed))));

    static IRunnableGraph<Task<Done>> Restarted(PipelineContext context, Func<Source<Done, NotUsed>> pipeline) =>
        Tried(context, pipeline).RecoverWithRetries(_ => Tried(context, pipeline), attempts: -1).ToMaterialized(Sink.Ignore<Done>(), Keep.Right);

    /// <summary>
    /// After the pause that its failures in a row ask for. In place of RestartSource, whose pauses begin anew when a try has lasted for some time: one that
    /// waits for a server that is away lasts, too. A stop ends the pause.
    /// </summary>
    static Source<Done, NotUsed> Tried(PipelineContext context, Func<Source<Done, NotUsed>> pipeline) =>
        Source.Single(NotUsed.Instance).InitialDelay(context.Failures.Pause)
            .Via(context.Stop.Flow<NotUsed>())
            .ConcatMany(_ => pipeline().Select(context.Worked).SelectError(context.Failed));
}
