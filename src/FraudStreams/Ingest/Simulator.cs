using Akka;
using Akka.Event;
using Akka.Streams.Dsl;
using Akka.Util;
using FraudStreams.Speeds;
using FraudStreams.Topics;

namespace FraudStreams.Ingest;

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
    Func<IPaymentFeed> open, double? eventTimeFactor, Func<TopicPartition, CancellationToken, Task<IDisposable>> takeTurn, ITopics topics, SpeedValve valve,
    ILoggingAdapter log, TimeProvider time) : IAsyncDisposable
{
    readonly CancellationTokenSource _closed = new();
    Task<Option<OutgoingRecords>> _next = Task.FromResult(Option<OutgoingRecords>.None);
    IDisposable? _turn;
    Replay? _replay;

    /// <summary>Made anew for each run of the source.</summary>
    public static Source<OutgoingRecords, NotUsed> Source(Func<Simulator> create) => Akka.Streams.Dsl.Source.UnfoldResourceAsync<OutgoingRecords, Simulator>(
        () => Task.FromResult(create()),
        simulator => simulator.NextAsync(),
        EmbeddedTopics.CloseAsync);

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

    Task<Option<OutgoingRecords>> NextAsync() => _next = ReadAsync();

    async Task<Option<OutgoingRecords>> ReadAsync()
    {
        _replay ??= await OpenAsync(_closed.Token);
        return await _replay.NextAsync() is { } batch ? batch : Option<OutgoingRecords>.None;
    }

    async Task<Replay> OpenAsync(CancellationToken ct)
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
        return new Replay(feed, Topic.Transactions, Groups.Simulate, pace, valve, time);
    }

    async Task GoToRememberedPlaceAsync(IPaymentFeed feed, CancellationToken ct)
    {
        var position = await topics.PositionAsync(Groups.Simulate, feed.Place, ct);
        if (position > 0)
        {
            log.Info("The simulator goes on after payment {0} of {1}", position, feed.Name);
            await Task.Run(() => feed.GoTo(position, ct), ct);
            return;
        }

        var status = await topics.StatusAsync(ct);
        var others = status.Groups.Where(group => group.Group == Groups.Simulate && group.Topic.StartsWith(feed.PlacePrefix, StringComparison.Ordinal));
        if (others.MaxBy(group => group.Position) is { Position: > 0 } other)
            log.Warning("{0} is not what it was when {1} payments of it were sent; it starts from the beginning", feed.Name, other.Position);
    }
}
