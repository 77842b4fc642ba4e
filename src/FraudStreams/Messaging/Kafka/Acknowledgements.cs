using Confluent.Kafka;

namespace FraudStreams.Messaging.Kafka;

/// <summary>Counts the acknowledgements of a batch's records; one delegate serves all of them.</summary>
sealed class Acknowledgements
{
    readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly int _records;
    readonly Action? _onAllDelivered;
    int _missing;
    int _skipped;
    DeliveryReport<byte[], byte[]>? _failed;

    /// <param name="onAllDelivered">Called once none is missing, unless one could not be delivered.</param>
    public Acknowledgements(int records, Action? onAllDelivered = null)
    {
        _onAllDelivered = onAllDelivered;
        _records = _missing = records;
        OnDelivered = report =>
        {
            if (report.Error.IsError)
                _failed ??= report;
            Done();
        };
        if (records == 0)
            _all.SetResult();
    }

    public Action<DeliveryReport<byte[], byte[]>> OnDelivered { get; }

    /// <summary>Counts a record that is already in its topic and needs no acknowledgement.</summary>
    public void Skip()
    {
        _skipped++;
        Done();
    }

    /// <returns>The number of records delivered.</returns>
    /// <exception cref="MessageLogException">A record could not be delivered.</exception>
    public async Task<int> AllAsync()
    {
        await _all.Task;
        if (_failed is { } failed)
            throw new MessageLogException($"Publishing to {failed.Topic}, partition {failed.Partition.Value}, failed: {failed.Error.Reason}");
        return _records - _skipped;
    }

    void Done()
    {
        if (Interlocked.Decrement(ref _missing) > 0)
            return;
        if (_failed is null)
            _onAllDelivered?.Invoke();
        _all.TrySetResult();
    }
}
