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
public static class Simulator
{
    /// <param name="open">Opens the feed at its beginning; called for each run of the source.</param>
    /// <param name="eventTimeFactor">Simulated seconds a second in event-time pace; null sends as fast as the valve lets pass.</param>
    /// <param name="valve">The valve that the batches pass next: they are cut to fit it.</param>
    public static Source<OutgoingRecords, NotUsed> Source(
        Func<IPaymentFeed> open, double? eventTimeFactor, ITopics topics, SpeedValve valve, ILoggingAdapter log, TimeProvider time) =>
        Akka.Streams.Dsl.Source.UnfoldResourceAsync<OutgoingRecords, Replay>(
            async () =>
            {
                var feed = open();
                try
                {
                    await GoToRememberedPlaceAsync(feed, topics, log);
                }
                catch
                {
                    feed.Dispose();
                    throw;
                }

                var pace = eventTimeFactor is { } factor ? new EventPace(factor, time) : null;
                return new Replay(feed, Topic.Transactions, Groups.Simulate, pace, valve, time);
            },
            async replay => await replay.NextAsync() is { } batch ? batch : Option<OutgoingRecords>.None,
            async replay =>
            {
                await replay.DisposeAsync();
                return Done.Instance;
            });

    static async Task GoToRememberedPlaceAsync(IPaymentFeed feed, ITopics topics, ILoggingAdapter log)
    {
        var position = await topics.PositionAsync(Groups.Simulate, feed.Place, CancellationToken.None);
        if (position > 0)
        {
            log.Info("The simulator goes on after payment {0} of {1}", position, feed.Name);
            await Task.Run(() => feed.GoTo(position, CancellationToken.None));
            return;
        }

        var status = await topics.StatusAsync(CancellationToken.None);
        var others = status.Groups.Where(group => group.Group == Groups.Simulate && group.Topic.StartsWith(feed.PlacePrefix, StringComparison.Ordinal));
        if (others.MaxBy(group => group.Position) is { Position: > 0 } other)
            log.Warning("{0} is not what it was when {1} payments of it were sent; it starts from the beginning", feed.Name, other.Position);
    }
}
