namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// Pipelines the batches of one partition: they are published in order without waiting for each other's acknowledgements. The commit of a batch starts
/// once the brokers have acknowledged it and all batches before it, in order; after a failed batch no commit starts. One caller at a time.
/// </summary>
sealed class OrderedCommitQueue
{
    Task _handedOver = Task.CompletedTask;
    Task _committing = Task.CompletedTask;

    /// <summary>Completes with the commit. Takes ownership of the batch and disposes it in every case.</summary>
    public async Task<int> PublishAsync(RecordBatch records, KafkaPublisher publisher, Func<Task> commit, CancellationToken cancellationToken)
    {
        var handedOver = HandOverAsync(_handedOver, records, publisher, cancellationToken);
        var committing = CommitAsync(_committing, handedOver, commit);
        (_handedOver, _committing) = (handedOver, committing);
        await await committing;
        return await (await handedOver).AllAsync();
    }

    static async Task<Acknowledgements> HandOverAsync(Task before, RecordBatch records, KafkaPublisher publisher, CancellationToken cancellationToken)
    {
        using (records)
        {
            await before;
            return await publisher.HandOverAsync(records, null, cancellationToken);
        }
    }

    static async Task<Task> CommitAsync(Task before, Task<Acknowledgements> handedOver, Func<Task> commit)
    {
        var acknowledged = await handedOver;
        await acknowledged.AllAsync();
        await before;
        return commit();
    }
}
