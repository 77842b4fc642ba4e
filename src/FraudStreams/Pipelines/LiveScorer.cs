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
/// The stream's scorer for those who ask from outside: the same window states, the same model, the same records. It keeps nothing of its own. Payments of one
/// call are taken one after the other, as the stream would take them; calls do not wait for each other in the model, nor the stream's batches for them.
/// </summary>
sealed class LiveScorer(
    TransactionSchema schema, IMessageLog topics, TopicSettings settings, PartitionWindowStates? windows, IActorRef model, CurrentScorer current, ScoringSettings scoring,
    AwaitedPredictions awaited, StreamMetrics metrics, TraceSample traces, CardTokens? tokens = null)
{
    public TransactionSchema Schema => schema;

    /// <summary>What payments' cards are replaced with; null where they stay as they come.</summary>
    public CardTokens? Tokens => tokens;

    /// <summary>Reads payments as the stream does, but takes no field that the schema does not have.</summary>
    public TransactionReader Reader { get; } = new(schema, settings.MaxRecordBytes, refusesUnknown: true);

    /// <summary>One for each caller that scores: more at once would only take the processors from the stream.</summary>
    public SemaphoreSlim Turns { get; } = new(Environment.ProcessorCount);

    /// <summary>The version that scores now. While its actor starts or restarts that is the one in service, which the actor is asked with.</summary>
    public string? ModelVersion => current.Now?.Version ?? metrics.ModelVersion;

    /// <summary>The scores that the payments would get if they came now. Records nothing.</summary>
    /// <param name="elsewhere">Scores payments of a partition that another process has; null: nobody does.</param>
    /// <exception cref="PartitionElsewhereException">Another process has the windows of a payment's card, and was not asked.</exception>
    /// <exception cref="ModelUnavailableException">The model restarts after a failure; so do other exceptions of the model.</exception>
    /// <exception cref="AskTimeoutException">The model has not answered within the time limit, or was not free.</exception>
    public async Task<ScoredPayment[]> WhatIfAsync(TransactionRows rows, Func<TopicPartition, TransactionRows, Task<ScoredPayment[]>>? elsewhere, CancellationToken cancellationToken)
    {
        if (windows is null)
            return await ScoreAsync(rows, cancellationToken);
        if (OnlyPartitionOf(rows) is { } only)
            return await ScoreOfAsync(only, rows, elsewhere, cancellationToken);
        var scored = new ScoredPayment[rows.Count];
        foreach (var partition in Enumerable.Range(0, rows.Count).GroupBy(row => PartitionOf(rows, row)))
        {
            using var part = new TransactionRows(schema, partition.Count());
            foreach (var row in partition)
            {
                if (Reader.Read(rows.Source(row), part) is { } reason)
                    throw new InvalidOperationException($"a payment that was read cannot be read again: {reason.Code}");
            }

            foreach (var (row, answer) in partition.Zip(await ScoreOfAsync(partition.Key, part, elsewhere, cancellationToken)))
                scored[row] = answer;
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
            var partition = PartitionOf(rows, row);
            if (!metrics.Assigned.Contains(ConsumerGroups.Score, partition))
            {
                records.Dispose();
                throw new PartitionElsewhereException(new TopicPartition(TopicNames.Transactions, partition));
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
    async Task<ScoredPayment[]> ScoreOfAsync(
        int partition, TransactionRows rows, Func<TopicPartition, TransactionRows, Task<ScoredPayment[]>>? elsewhere, CancellationToken cancellationToken)
    {
        if (elsewhere is not null && !windows!.IsAssigned(partition))
            return await elsewhere(new TopicPartition(TopicNames.Transactions, partition), rows);
        await windows!.PeekAsync(partition, rows, cancellationToken);
        return await ScoreAsync(rows, cancellationToken);
    }

    async ValueTask<ScoredPayment[]> ScoreAsync(TransactionRows rows, CancellationToken cancellationToken)
    {
        // The actor reads the rows until it has answered: who asked waits for it, even when nobody waits for them.
        var batch = new ScoreBatch(rows, WithReasons: scoring.Reasons);
        var answer = await TryScoreAsync(batch, cancellationToken) ?? await model.Ask<BatchScored>(batch, scoring.AskTimeout, CancellationToken.None);
        var scored = new ScoredPayment[rows.Count];
        for (var row = 0; row < scored.Length; row++)
            scored[row] = ScoredPayment.Of(answer, row);
        return scored;
    }

    /// <summary>
    /// Scores on the caller's thread. Null where the model actor has to be asked: it starts or restarts, the model may hang, or it fails, which the actor has
    /// to meet to be restarted or replaced.
    /// </summary>
    async ValueTask<BatchScored?> TryScoreAsync(ScoreBatch batch, CancellationToken cancellationToken)
    {
        if (current.Now is not { IsBounded: true } scorer)
            return null;
        if (!await Turns.WaitAsync(scoring.AskTimeout, cancellationToken))
            throw new AskTimeoutException($"Others were scored for {scoring.AskTimeout.TotalSeconds:0.#} s");
        try
        {
            return scorer.Score(batch);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return null;
        }
        finally
        {
            Turns.Release();
        }
    }

    /// <summary>The partition of all payments; null where they are of several.</summary>
    int? OnlyPartitionOf(TransactionRows rows)
    {
        var first = PartitionOf(rows, 0);
        for (var row = 1; row < rows.Count; row++)
        {
            if (PartitionOf(rows, row) != first)
                return null;
        }

        return first;
    }

    int PartitionOf(TransactionRows rows, int row) => new RecordPartitioner(CardTokens.PlaceOf).PartitionOf(rows.Key(row), settings.Partitions);
}
