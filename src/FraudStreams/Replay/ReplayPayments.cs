using Akka;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Messaging;
using FraudStreams.Model.Models;
using FraudStreams.Pipelines;
using FraudStreams.Scoring;
using FraudStreams.Topics;
using FraudStreams.WindowStates;

namespace FraudStreams.Replay;

/// <param name="Replayed">Payments of the stretch, written.</param>
/// <param name="Read">Payments read: with windows, what came before the stretch is read too, so that they are filled.</param>
/// <param name="Rejected">Records that are no payments.</param>
/// <param name="PredictedFrauds">Of the replayed ones.</param>
sealed record ReplayCounts(long Replayed, long Read, long Rejected, long PredictedFrauds);

/// <summary>Payments of a topic through the stream's own parts, once more, with any model, into a side output. No group moves.</summary>
/// <param name="partitions">Of `transactions` in what is replayed.</param>
sealed class ReplayPayments(
    IReadableLog topics, int partitions, FraudSettings settings, ScoringModel model, ReplayStretch stretch, IReplayOutput output, ActorSystem system, Action<long> progress)
{
    long _replayed;
    long _read;
    long _rejected;
    long _frauds;

    public async Task<ReplayCounts> RunAsync(CancellationToken stop)
    {
        PartitionWindowStates.CheckDelays(model.Schema, partitions);
        var actor = system.ActorOf(Props.Create(() => new ModelActor(model, ActorRefs.Nobody)), "replayed-model");
        for (var number = 0; number < partitions; number++)
        {
            var partition = new TopicPartition(TopicNames.Transactions, number);
            await using var windows = PaymentWindows.Empty(topics, model.Schema, partitions, settings.Topics.MaxRecordBytes);
            await FraudPipeline.Replay(ReplayedRecords.Source(topics, partition, stop), settings, model.Schema, windows, actor, WriteAsync).Run(system.Materializer());
        }

        return new ReplayCounts(_replayed, _read, _rejected, _frauds);
    }

    /// <summary>Gives each batch the values of a partition's windows.</summary>
    public static Flow<TransactionBatch, TransactionBatch, NotUsed> Windows(PaymentWindows windows) =>
        Akka.Streams.Dsl.Flow.Create<TransactionBatch>().SelectAsync(1, async batch =>
        {
            await windows.AdvanceAsync(batch.Rows, CancellationToken.None);
            return batch;
        });

    async Task<Done> WriteAsync(TransactionBatch batch)
    {
        for (var row = 0; row < batch.Rows.Count; row++)
        {
            if (!stretch.Holds(batch.Rows, row))
                continue;
            _replayed++;
            _frauds += batch.Scored!.Scores[row] >= batch.Scored.Threshold ? 1 : 0;
        }

        await output.WriteAsync(batch, stretch);
        _read += batch.Rows.Count;
        _rejected += batch.Rejected.Count;
        batch.Return();
        progress(_read);
        return Done.Instance;
    }
}
