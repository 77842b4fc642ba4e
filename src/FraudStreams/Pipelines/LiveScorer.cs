using System.Text;
using Akka.Actor;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Scoring;
using FraudStreams.Topics;
using FraudStreams.WindowStates;

namespace FraudStreams.Pipelines;

/// <summary>
/// The stream's scorer for those who ask from outside: the same window states, the same model actor, the same records. It keeps nothing of its own. Payments
/// of one call are taken one after the other, as the stream would take them.
/// </summary>
sealed class LiveScorer(
    TransactionSchema schema, IMessageLog topics, TopicSettings settings, PartitionWindowStates? windows, IActorRef model, ScoringSettings scoring, AwaitedPredictions awaited,
    StreamMetrics metrics, TraceSample traces, CardTokens? tokens = null)
{
    public TransactionSchema Schema => schema;

    /// <summary>What payments' cards are replaced with; null where they stay as they come.</summary>
    public CardTokens? Tokens => tokens;

    /// <summary>Reads payments as the stream does, but takes no field that the schema does not have.</summary>
    public TransactionReader Reader { get; } = new(schema, settings.MaxRecordBytes, refusesUnknown: true);

    /// <summary>The version that scores now.</summary>
    public string? ModelVersion => metrics.ModelVersion;

    /// <summary>The scores that the payments would get if they came now. Records nothing.</summary>
    /// <param name="elsewhere">Scores payments of a partition that another process has; null: nobody does.</param>
    /// <exception cref="PartitionElsewhereException">Another process has the windows of a payment's card, and was not asked.</exception>
    /// <exception cref="ModelUnavailableException">The model restarts after a failure; so do other exceptions of the model and of an ask that took too long.</exception>
    public async Task<ScoredPayment[]> WhatIfAsync(TransactionRows rows, Func<TopicPartition, TransactionRows, Task<ScoredPayment[]>>? elsewhere, CancellationToken cancellationToken)
    {
        var scored = new ScoredPayment[rows.Count];
        var partitions = windows is null ? [] : Enumerable.Range(0, rows.Count).GroupBy(row => PartitionOf(rows, row)).ToArray();
        if (partitions.Length <= 1)
        {
            if (partitions is [var only])
                await ScoreOfAsync(only.Key, rows, only, scored, elsewhere, cancellationToken);
            else
                await ScoreAsync(rows, Enumerable.Range(0, rows.Count), scored);
            return scored;
        }

        foreach (var partition in partitions)
        {
            using var part = new TransactionRows(schema, partition.Count());
            foreach (var row in partition)
            {
                if (Reader.Read(rows.Source(row), part) is { } reason)
                    throw new InvalidOperationException($"a payment that was read cannot be read again: {reason.Code}");
            }

            await ScoreOfAsync(partition.Key, part, partition, scored, elsewhere, cancellationToken);
        }

        return scored;
    }

    /// <summary>Publishes the payments to `transactions` and waits for their own predictions.</summary>
    /// <param name="traceParent">The caller's trace, which is carried on if it is sampled; null where there is none.</param>
    /// <exception cref="PartitionElsewhereException">Another process scores a payment's card. Nothing was published.</exception>
    /// <exception cref="TimeoutException">The payments are published, and not all are scored within the time.</exception>
    public async Task<ScoredPayment[]> RecordAsync(TransactionRows rows, TimeSpan timeout, string? traceParent, CancellationToken cancellationToken)
    {
        var records = new RecordBatch(rows.Count);
        var ids = new string[rows.Count];
        for (var row = 0; row < rows.Count; row++)
        {
            ids[row] = Encoding.UTF8.GetString(rows.Id(row));
            if (windows?.IsAssigned(PartitionOf(rows, row)) == false)
            {
                records.Dispose();
                throw new PartitionElsewhereException(new TopicPartition(TopicNames.Transactions, PartitionOf(rows, row)));
            }

            records.Add(TopicNames.Transactions, rows.Key(row), rows.Source(row));
        }

        var predictions = ids.Select(awaited.Next).ToArray();
        try
        {
            await topics.PublishTracedAsync(records, traces, traceParent, cancellationToken);
            metrics.Sent(TopicNames.Transactions, ids.Length);
            return await Task.WhenAll(predictions.Select(prediction => prediction.Task)).WaitAsync(timeout, cancellationToken);
        }
        finally
        {
            for (var row = 0; row < ids.Length; row++)
                awaited.Forget(ids[row], predictions[row]);
        }
    }

    /// <summary>Payments of one partition.</summary>
    async Task ScoreOfAsync(
        int partition, TransactionRows rows, IEnumerable<int> places, ScoredPayment[] into, Func<TopicPartition, TransactionRows, Task<ScoredPayment[]>>? elsewhere,
        CancellationToken cancellationToken)
    {
        if (elsewhere is null || windows!.IsAssigned(partition))
        {
            await windows!.PeekAsync(partition, rows, cancellationToken);
            await ScoreAsync(rows, places, into);
            return;
        }

        foreach (var (place, answer) in places.Zip(await elsewhere(new TopicPartition(TopicNames.Transactions, partition), rows)))
            into[place] = answer;
    }

    async Task ScoreAsync(TransactionRows rows, IEnumerable<int> places, ScoredPayment[] into)
    {
        var batch = await model.Ask<BatchScored>(new ScoreBatch(rows, WithReasons: scoring.Reasons), scoring.AskTimeout);
        var row = 0;
        foreach (var place in places)
            into[place] = ScoredPayment.Of(batch, row++);
    }

    int PartitionOf(TransactionRows rows, int row) => new RecordPartitioner().PartitionOf(rows.Key(row), settings.Partitions);
}
