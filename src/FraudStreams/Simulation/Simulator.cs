using Akka;
using Akka.Streams.Dsl;
using Akka.Util;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.RateLimiting;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Simulation;

/// <summary>
/// A feed as a source of batches for `transactions`. It resumes at the group's committed offset and completes with the feed; each batch carries the
/// feed's offset after it, so publishing the batch commits it.
/// </summary>
/// <param name="open">Opens the feed at its beginning.</param>
/// <param name="eventTimeFactor">Simulated seconds per second in event-time pace; null sends as fast as the rate limiter allows.</param>
/// <param name="acquireLock">
/// Acquires the exclusive right to produce from this feed into the same topics, held until it is disposed: two processes would send the same payments.
/// </param>
/// <param name="limiter">The rate limiter that the batches pass next: it limits their size.</param>
sealed class Simulator(
    Func<IPaymentFeed> open, double? eventTimeFactor, Func<TopicPartition, CancellationToken, Task<IDisposable>> acquireLock, IMessageLog topics,
    RateLimiter limiter, ILogger log, TimeProvider time) : IAsyncDisposable
{
    readonly CancellationTokenSource _closed = new();
    Task<Option<RecordBatch>> _next = Task.FromResult(Option<RecordBatch>.None);
    IDisposable? _lock;
    FeedBatcher? _batcher;

    /// <summary>Each materialization creates a simulator of its own.</summary>
    public static Source<RecordBatch, NotUsed> Source(Func<Simulator> create) => Akka.Streams.Dsl.Source.UnfoldResourceAsync<RecordBatch, Simulator>(
        () => Task.FromResult(create()),
        simulator => simulator.NextAsync(),
        EmbeddedMessageLog.CloseAsync);

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        if (_batcher is not null)
            await _batcher.DisposeAsync();

        // Its result, or failure, belongs to the stream; here it only has to have ended.
        await _next.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _lock?.Dispose();
        _closed.Dispose();
    }

    Task<Option<RecordBatch>> NextAsync() => _next = ReadAsync();

    async Task<Option<RecordBatch>> ReadAsync()
    {
        _batcher ??= await OpenAsync(_closed.Token);
        return await _batcher.NextAsync() is { } batch ? batch : Option<RecordBatch>.None;
    }

    async Task<FeedBatcher> OpenAsync(CancellationToken cancellationToken)
    {
        var feed = open();
        try
        {
            _lock = await acquireLock(feed.OffsetKey, cancellationToken);
            await ResumeAsync(feed, cancellationToken);
        }
        catch
        {
            feed.Dispose();
            throw;
        }

        var pace = eventTimeFactor is { } factor ? new EventPace(factor, time) : null;
        return new FeedBatcher(feed, TopicNames.Transactions, ConsumerGroups.Simulate, pace, limiter, time);
    }

    async Task ResumeAsync(IPaymentFeed feed, CancellationToken cancellationToken)
    {
        var position = await topics.PositionAsync(ConsumerGroups.Simulate, feed.OffsetKey, cancellationToken);
        if (position > 0)
        {
            log.LogInformation("The simulator goes on after payment {Position} of {Feed}", position, feed.Name);
            await Task.Run(() => feed.GoTo(position, cancellationToken), cancellationToken);
            return;
        }

        var status = await topics.StatusAsync(cancellationToken);
        var others = status.Groups.Where(
            group => group.Group == ConsumerGroups.Simulate && group.Topic.StartsWith(feed.OffsetKeyPrefix, StringComparison.Ordinal));
        if (others.MaxBy(group => group.Position) is { Position: > 0 } other)
            log.LogWarning("{Feed} has changed since {Position} payments of it were sent; the simulator starts from its beginning", feed.Name, other.Position);
    }
}
