using FraudStreams.Alerting.Outbox;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Outbox;

[Trait("Category", "Unit")]
public sealed class OutboxStateTests
{
    readonly OutboxState _state = new(maxKnownIds: 3);

    [Fact]
    public void An_alert_is_open_until_each_of_its_channels_has_settled_it()
    {
        _state.Apply(Raised("a", "mail", "webhook"), 1);

        _state.Apply(Settled(1, "webhook"), 2);
        _state.Open.Count.ShouldBe(1);
        _state.Apply(Settled(1, "mail"), 3);

        _state.Open.ShouldBeEmpty();
        _state.Unlogged.ShouldHaveSingleItem().Number.ShouldBe(3);
        _state.MarkLogged(3);
        _state.Unlogged.ShouldBeEmpty();
    }

    [Fact]
    public void A_raised_transaction_is_known_until_it_is_the_oldest_past_the_limit()
    {
        foreach (var (id, number) in new[] { ("a", 1), ("b", 2), ("c", 3), ("d", 4) })
            _state.Apply(Raised(id, "mail"), number);

        _state.IsNew(AlertsOf.One("d")).ShouldBeFalse();
        _state.IsNew(AlertsOf.One("b")).ShouldBeFalse();
        _state.IsNew(AlertsOf.One("a")).ShouldBeTrue();
    }

    [Fact]
    public void Alerts_settled_by_one_event_are_logged_together()
    {
        foreach (var (id, number) in new[] { ("a", 1), ("b", 2), ("c", 3) })
            _state.Apply(Raised(id, "mail"), number);
        _state.Apply(Settled(1, "mail") with { Alerts = [1, 2] }, 4);
        _state.Apply(Settled(3, "mail"), 5);

        _state.FirstUnlogged(1).Select(alert => alert.Alert.TransactionId).ShouldBe(["a", "b"]);
        _state.FirstUnlogged(3).Length.ShouldBe(3);
        _state.MarkLogged(4);
        _state.FirstUnlogged(1).ShouldHaveSingleItem().Number.ShouldBe(5);
    }

    [Fact]
    public void A_snapshot_restores_everything_from_its_bytes()
    {
        _state.Apply(new OutboxOpened("host:1", AlertsOf.Noon), 1);
        _state.Apply(Raised("a", "mail", "webhook"), 2);
        _state.Apply(Raised("b", "mail"), 3);
        _state.Apply(Settled(2, "mail"), 4);
        _state.Apply(Settled(3, "mail"), 5);
        var again = new OutboxState(maxKnownIds: 3);

        again.Restore(OutboxEvent.From<OutboxState.State>(OutboxEvent.ToBytes(_state.ToState())));

        again.Holder.ShouldBe("host:1");
        again.Open.ShouldHaveSingleItem().Alert.ShouldBeEquivalentTo(AlertsOf.One("a"));
        again.Unlogged.ShouldHaveSingleItem().Alert.TransactionId.ShouldBe("b");
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
