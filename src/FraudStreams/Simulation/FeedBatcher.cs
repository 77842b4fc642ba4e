using System.Buffers;
using FraudStreams.Messaging;
using FraudStreams.RateLimiting;
using FraudStreams.Topics;

namespace FraudStreams.Simulation;

/// <summary>
/// Makes batches for `transactions` out of a feed, each with the place after its last payment, so that both are written as one: whoever
/// starts again at the remembered place sends every payment once. Not thread-safe.
/// </summary>
/// <param name="pace">When payments are due, or null when they are due at once.</param>
/// <param name="valve">Batches are cut so that none holds more than the valve lets through in a tenth of a second.</param>
public sealed class FeedBatcher(IPaymentFeed feed, string topic, string group, EventPace? pace, RateLimiter valve, TimeProvider time) : IAsyncDisposable
{
    const int MostRecords = 500;
    const int MostBytes = 1 << 20;
    const double BatchSeconds = 0.1;

    static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    readonly ArrayBufferWriter<byte> _payment = new(4096);
    readonly CancellationTokenSource _end = new();
    Task<RecordBatch?> _next = Task.FromResult<RecordBatch?>(null);
    bool _isRead;
    long _position;

    /// <summary>The next batch, or null at the feed's end. Asked again only when the last answer is there.</summary>
    public Task<RecordBatch?> NextAsync() => _next = BatchAsync();

    /// <summary>Gives up waiting for a payment that is not due, and closes the feed. May be called while a batch is under way.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();

        // How it ended is for whoever asked for the batch; here it only has to have ended.
        await _next.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        feed.Dispose();
        _end.Dispose();
    }

    async Task<RecordBatch?> BatchAsync()
    {
        if (!ReadPayment())
            return null;
        while (UntilDue() is { Ticks: > 0 } wait)
            await Task.Delay(wait < LongestWait ? wait : LongestWait, time, _end.Token);

        var most = (int)Math.Clamp(valve.Speed.PerSecond * BatchSeconds, 1, MostRecords);
        var records = new RecordBatch(most);
        do
        {
            records.Add(topic, feed.Key, _payment.WrittenSpan);
            _isRead = false;
            _position = feed.Position;
        }
        while (records.Count < most && records.Bytes < MostBytes && ReadPayment() && UntilDue() == TimeSpan.Zero);

        records.Position = new ConsumerOffset(group, feed.Place, _position);
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
