using Akka;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Messaging;
using FraudStreams.Model.Models;
using FraudStreams.Scoring;
using FraudStreams.Topics;
using FraudStreams.WindowStates;

namespace FraudStreams.Replay;

/// <param name="Replayed">Payments within the stretch, written.</param>
/// <param name="Read">Payments read: with windows, those before the stretch are read as well, to fill the windows.</param>
/// <param name="Rejected">Records that are no payments.</param>
/// <param name="PredictedFrauds">Predicted frauds among the replayed payments.</param>
sealed record ReplayCounts(long Replayed, long Read, long Rejected, long PredictedFrauds);

/// <summary>Replays payments of a topic through the live stream's flows, with any model, into a side output. Commits no offsets.</summary>
/// <param name="partitions">The partition count of `transactions` in the replayed log.</param>
sealed class ReplayPayments(
    IReadableLog topics, int partitions, TopicSettings settings, ScoringSettings scoring, ScoringModel model, ReplayStretch stretch, IReplayOutput output, ActorSystem system, Action<long> progress)
{
    long _replayed;
    long _read;
    long _rejected;
    long _frauds;

    public async Task<ReplayCounts> RunAsync(CancellationToken cancellationToken)
    {
        PartitionWindowStates.CheckDelays(model.Schema, partitions);
        var actor = system.ActorOf(Props.Create(() => new ModelActor(model, ActorRefs.Nobody)), "replayed-model");
        for (var number = 0; number < partitions; number++)
        {
            var partition = new TopicPartition(TopicNames.Transactions, number);
            await using var windows = PaymentWindows.Empty(topics, model.Schema, partitions, settings.MaxRecordBytes);
            await Graph(ReplayedRecords.Source(topics, partition, cancellationToken), windows, actor).Run(system.Materializer());
        }

        return new ReplayCounts(_replayed, _read, _rejected, _frauds);
    }

    /// <summary>chunks of a partition ▸ parse ▸ windows ▸ model ▸ the side output: the live stream's flows, without its commits.</summary>
    IRunnableGraph<Task<Done>> Graph(Source<IReadOnlyList<TopicRecord>, NotUsed> chunks, PaymentWindows windows, IActorRef scorer) => chunks
        .Via(ReadTransactions.Flow(model.Schema, settings, TimeProvider.System))
        .SelectAsync(1, async batch =>
        {
            await windows.AdvanceAsync(batch.Rows, CancellationToken.None);
            return batch;
        })
        .Via(ScoreTransactions.Flow(scorer, scoring))
        .SelectAsync(1, WriteAsync)
        .ToMaterialized(Sink.Ignore<Done>(), Keep.Right);

    async Task<Done> WriteAsync(TransactionBatch batch)
    {
        for (var row = 0; row < batch.Rows.Count; row++)
        {
            if (!stretch.Holds(batch.Rows, row))
                continue;
            _replayed++;
            _frauds += batch.Scored!.IsFraud(row) ? 1 : 0;
        }

        await output.WriteAsync(batch, stretch);
        _read += batch.Rows.Count;
        _rejected += batch.Rejected.Count;
        batch.Return();
        progress(_read);
        return Done.Instance;
    }
}
