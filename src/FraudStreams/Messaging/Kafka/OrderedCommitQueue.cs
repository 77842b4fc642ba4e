namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// Batches of one partition that are published one behind the other without waiting for each other's acknowledgements. The commit of a batch begins when
/// the brokers have acknowledged it and all before it, in the batches' order; after one that failed none begins. For one caller at a time.
/// </summary>
sealed class OrderedCommitQueue
{
    Task _handedOver = Task.CompletedTask;
    Task _committing = Task.CompletedTask;

    /// <summary>Completes with the commit. Takes the batch over, and disposes it whatever comes.</summary>
    public async Task<int> PublishAsync(RecordBatch records, KafkaPublisher publisher, Func<Task> commit, CancellationToken ct)
    {
        var handedOver = HandOverAsync(_handedOver, records, publisher, ct);
        var committing = CommitAsync(_committing, handedOver, commit);
        (_handedOver, _committing) = (handedOver, committing);
        await await committing;
        return await (await handedOver).AllAsync();
    }

    static async Task<Acknowledgements> HandOverAsync(Task before, RecordBatch records, KafkaPublisher publisher, CancellationToken ct)
    {
        using (records)
        {
            await before;
            return await publisher.HandOverAsync(records, null, ct);
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
