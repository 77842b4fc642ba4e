using FraudStreams.Alerting;
using FraudStreams.Alerting.Outbox;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Outbox;

public sealed class OutboxStateTests
{
    readonly OutboxState _book = new(remember: 3);

    [Fact]
    public void An_alert_is_open_until_each_of_its_channels_is_done_with_it()
    {
        _book.Apply(Raised("a", "mail", "webhook"), 1);

        _book.Apply(Settled(1, "webhook"), 2);
        _book.Open.Count.ShouldBe(1);
        _book.Apply(Settled(1, "mail"), 3);

        _book.Open.ShouldBeEmpty();
        _book.Unrecorded.ShouldHaveSingleItem().Number.ShouldBe(3);
        _book.Recorded(3);
        _book.Unrecorded.ShouldBeEmpty();
    }

    [Fact]
    public void A_transaction_is_known_once_raised_and_the_oldest_are_forgotten_past_the_limit()
    {
        foreach (var (id, number) in new[] { ("a", 1), ("b", 2), ("c", 3), ("d", 4) })
            _book.Apply(Raised(id, "mail"), number);

        _book.IsNew(AlertsOf.One("d")).ShouldBeFalse();
        _book.IsNew(AlertsOf.One("b")).ShouldBeFalse();
        _book.IsNew(AlertsOf.One("a")).ShouldBeTrue();
    }

    [Fact]
    public void Records_of_one_event_are_put_on_record_together()
    {
        foreach (var (id, number) in new[] { ("a", 1), ("b", 2), ("c", 3) })
            _book.Apply(Raised(id, "mail"), number);
        _book.Apply(Settled(1, "mail") with { Alerts = [1, 2] }, 4);
        _book.Apply(Settled(3, "mail"), 5);

        _book.FirstUnrecorded(1).Select(record => record.Alert.TransactionId).ShouldBe(["a", "b"]);
        _book.FirstUnrecorded(3).Length.ShouldBe(3);
        _book.Recorded(4);
        _book.FirstUnrecorded(1).ShouldHaveSingleItem().Number.ShouldBe(5);
    }

    [Fact]
    public void A_snapshot_as_bytes_brings_everything_back()
    {
        _book.Apply(new OutboxOpened("host:1", AlertsOf.Noon), 1);
        _book.Apply(Raised("a", "mail", "webhook"), 2);
        _book.Apply(Raised("b", "mail"), 3);
        _book.Apply(Settled(2, "mail"), 4);
        _book.Apply(Settled(3, "mail"), 5);
        var again = new OutboxState(remember: 3);

        again.Restore(OutboxEvent.From<OutboxState.State>(OutboxEvent.ToBytes(_book.ToState())));

        again.Holder.ShouldBe("host:1");
        again.Open.ShouldHaveSingleItem().Alert.ShouldBe(AlertsOf.One("a"));
        again.Unrecorded.ShouldHaveSingleItem().Alert.TransactionId.ShouldBe("b");
        again.IsNew(AlertsOf.One("b")).ShouldBeFalse();
        again.Apply(Settled(2, "webhook"), 6);
        again.Open.ShouldBeEmpty();
    }

    [Fact]
    public void Events_come_back_from_their_bytes()
    {
        OutboxEvent[] events = [Raised("a", "mail"), Settled(1, "mail"), new OutboxOpened("host:1", AlertsOf.Noon), new OutboxClosed("host:1", AlertsOf.Noon)];

        events.Select(@event => OutboxEvent.From(@event.ToBytes()).ToString()).ShouldBe(events.Select(@event => @event.ToString()));
    }

    static AlertRaised Raised(string id, params string[] channels) => new(AlertsOf.One(id), [.. channels], AlertsOf.Noon);

    static AlertsSettled Settled(long alert, string channel) => new(channel, channel, [alert], "<m>", [], AlertsOf.Noon);
}
