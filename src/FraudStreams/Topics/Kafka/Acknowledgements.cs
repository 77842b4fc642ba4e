using Confluent.Kafka;

namespace FraudStreams.Topics.Kafka;

/// <summary>Counts what the brokers acknowledge of a batch; its one delegate serves all of the batch's records.</summary>
sealed class Acknowledgements
{
    readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int _missing;
    DeliveryReport<byte[], byte[]>? _failed;

    public Acknowledgements(int records)
    {
        _missing = records;
        OnDelivered = report =>
        {
            if (report.Error.IsError)
                _failed ??= report;
            Skip();
        };
        if (records == 0)
            _all.SetResult();
    }

    public Action<DeliveryReport<byte[], byte[]>> OnDelivered { get; }

    /// <summary>One record that needs no acknowledgement.</summary>
    public void Skip()
    {
        if (Interlocked.Decrement(ref _missing) == 0)
            _all.TrySetResult();
    }

    /// <exception cref="TopicsException">One could not be delivered.</exception>
    public async Task AllAsync()
    {
        await _all.Task;
        if (_failed is { } failed)
            throw new TopicsException($"Publishing to {failed.Topic}, partition {failed.Partition.Value}, failed: {failed.Error.Reason}");
    }
}
