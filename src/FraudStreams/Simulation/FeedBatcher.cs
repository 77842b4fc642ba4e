using System.Buffers;
using FraudStreams.Messaging;
using FraudStreams.RateLimiting;

namespace FraudStreams.Simulation;

/// <summary>
/// Makes batches for `transactions` out of a feed, each with the feed's offset after its last payment, so that both are committed together: a restart
/// from the committed offset sends every payment once. Not thread-safe.
/// </summary>
/// <param name="pace">When payments are due; null sends them at once.</param>
/// <param name="limiter">Limits the batch size to a tenth of a second's records at its rate.</param>
public sealed class FeedBatcher(IPaymentFeed feed, string topic, string group, EventPace? pace, RateLimiter limiter, TimeProvider time) : IAsyncDisposable
{
    const int MaxRecords = 500;
    const int MaxBytes = 1 << 20;
    const double BatchSeconds = 0.1;

    static readonly TimeSpan MaxWait = TimeSpan.FromHours(1);

    readonly ArrayBufferWriter<byte> _payment = new(4096);
    readonly CancellationTokenSource _end = new();
    Task<RecordBatch?> _next = Task.FromResult<RecordBatch?>(null);
    bool _isRead;
    long _position;

    /// <summary>The next batch, or null at the feed's end. Call again only after the previous call has completed.</summary>
    public Task<RecordBatch?> NextAsync() => _next = BatchAsync();

    /// <summary>Cancels the wait for a payment that is not due, and closes the feed. May be called while a batch is being made.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();

        // Its result, or failure, belongs to the caller of NextAsync; here it only has to have ended.
        await _next.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        feed.Dispose();
        _end.Dispose();
    }

    async Task<RecordBatch?> BatchAsync()
    {
        while (!ReadPayment())
        {
            if (!await feed.WaitAsync(_end.Token))
                return null;
        }

        while (UntilDue() is { Ticks: > 0 } wait)
            await Task.Delay(wait < MaxWait ? wait : MaxWait, time, _end.Token);

        var size = (int)Math.Clamp(limiter.Speed.PerSecond * BatchSeconds, 1, MaxRecords);
        var records = new RecordBatch(size);
        do
        {
            records.Add(topic, feed.Key, _payment.WrittenSpan);
            _isRead = false;
            _position = feed.Position;
        }
        while (records.Count < size && records.Bytes < MaxBytes && ReadPayment() && UntilDue() == TimeSpan.Zero);

        records.Position = new ConsumerOffset(group, feed.OffsetKey, _position);
        return records;
    }

    bool ReadPayment()
    {
        if (_isRead)
            return true;
        _payment.ResetWrittenCount();
        return _isRead = feed.TryRead(_payment);
    }

    TimeSpan UntilDue() => pace?.Until(feed.EventTime) ?? TimeSpan.Zero;
}
