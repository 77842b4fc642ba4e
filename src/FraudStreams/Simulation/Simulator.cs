using Akka;
using Akka.Event;
using Akka.Streams.Dsl;
using Akka.Util;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.RateLimiting;
using FraudStreams.Topics;

namespace FraudStreams.Simulation;

/// <summary>
/// A feed as a source of batches for `transactions`. It goes on where the group stood, and ends with the feed; each batch carries the
/// place after it, so publishing it moves the group.
/// </summary>
/// <param name="open">Opens the feed at its beginning.</param>
/// <param name="eventTimeFactor">Simulated seconds a second in event-time pace; null sends as fast as the valve lets pass.</param>
/// <param name="takeTurn">
/// Waits until no other process produces from this source into the same topics, until what it gives is disposed: two would send the same payments.
/// </param>
/// <param name="valve">The valve that the batches pass next: they are cut to fit it.</param>
sealed class Simulator(
    Func<IPaymentFeed> open, double? eventTimeFactor, Func<TopicPartition, CancellationToken, Task<IDisposable>> takeTurn, IMessageLog topics, RateLimiter valve,
    ILoggingAdapter log, TimeProvider time) : IAsyncDisposable
{
    readonly CancellationTokenSource _closed = new();
    Task<Option<RecordBatch>> _next = Task.FromResult(Option<RecordBatch>.None);
    IDisposable? _turn;
    FeedBatcher? _replay;

    /// <summary>Made anew for each run of the source.</summary>
    public static Source<RecordBatch, NotUsed> Source(Func<Simulator> create) => Akka.Streams.Dsl.Source.UnfoldResourceAsync<RecordBatch, Simulator>(
        () => Task.FromResult(create()),
        simulator => simulator.NextAsync(),
        EmbeddedMessageLog.CloseAsync);

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        if (_replay is not null)
            await _replay.DisposeAsync();

        // How it ended is for whoever asked for the batch; here it only has to have ended.
        await _next.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _turn?.Dispose();
        _closed.Dispose();
    }

    Task<Option<RecordBatch>> NextAsync() => _next = ReadAsync();

    async Task<Option<RecordBatch>> ReadAsync()
    {
        _replay ??= await OpenAsync(_closed.Token);
        return await _replay.NextAsync() is { } batch ? batch : Option<RecordBatch>.None;
    }

    async Task<FeedBatcher> OpenAsync(CancellationToken ct)
    {
        var feed = open();
        try
        {
            _turn = await takeTurn(feed.Place, ct);
            await GoToRememberedPlaceAsync(feed, ct);
        }
        catch
        {
            feed.Dispose();
            throw;
        }

        var pace = eventTimeFactor is { } factor ? new EventPace(factor, time) : null;
        return new FeedBatcher(feed, TopicNames.Transactions, ConsumerGroups.Simulate, pace, valve, time);
    }

    async Task GoToRememberedPlaceAsync(IPaymentFeed feed, CancellationToken ct)
    {
        var position = await topics.PositionAsync(ConsumerGroups.Simulate, feed.Place, ct);
        if (position > 0)
        {
            log.Info("The simulator goes on after payment {0} of {1}", position, feed.Name);
            await Task.Run(() => feed.GoTo(position, ct), ct);
            return;
        }

        var status = await topics.StatusAsync(ct);
        var others = status.Groups.Where(group => group.Group == ConsumerGroups.Simulate && group.Topic.StartsWith(feed.PlacePrefix, StringComparison.Ordinal));
        if (others.MaxBy(group => group.Position) is { Position: > 0 } other)
            log.Warning("{0} is not what it was when {1} payments of it were sent; it starts from the beginning", feed.Name, other.Position);
    }
}
