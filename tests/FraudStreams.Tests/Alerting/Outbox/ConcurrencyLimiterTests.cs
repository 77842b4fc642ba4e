using Akka.TestKit.Xunit2;
using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Outbox;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Outbox;

public sealed class ConcurrencyLimiterTests : TestKit
{
    static readonly AlertChannel s_mail = new("mail", new ScriptedTransport(_ => Task.FromResult(Delivery.Complete)), AlertsOf.Channel(parallel: 2));
    static readonly AlertChannel s_webhook = s_mail with { Name = "webhook" };

    readonly ConcurrencyLimiter _slots = new();

    [Fact]
    public void All_desks_together_have_as_many_messages_of_a_channel_under_way_as_set()
    {
        var (one, other) = (CreateTestProbe(), CreateTestProbe());

        _slots.TryTake(s_mail, one).ShouldBeTrue();
        _slots.TryTake(s_mail, other).ShouldBeTrue();

        _slots.TryTake(s_mail, one).ShouldBeFalse();
        _slots.TryTake(s_mail, other).ShouldBeFalse();
        _slots.TryTake(s_webhook, other).ShouldBeTrue();
    }

    [Fact]
    public void Every_desk_that_found_none_is_told_once_when_there_is_one()
    {
        var (one, other, gone) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        _slots.TryTake(s_mail, one);
        _slots.TryTake(s_mail, one);
        foreach (var desk in new[] { one, other, other, gone })
            _slots.TryTake(s_mail, desk).ShouldBeFalse();

        _slots.Forget(gone);
        _slots.Free("mail");

        one.ExpectMsg<SlotGranted>();
        other.ExpectMsg<SlotGranted>();
        _slots.TryTake(s_mail, other).ShouldBeTrue();
        _slots.Free("mail");
        one.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        other.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        gone.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public void A_message_that_is_under_way_already_has_a_slot_even_where_none_is_free()
    {
        var desk = CreateTestProbe();
        for (var i = 0; i < 3; i++)
            _slots.TakeAnyway(s_mail);

        _slots.Free("mail");
        _slots.TryTake(s_mail, desk).ShouldBeFalse();
        _slots.Free("mail");

        _slots.TryTake(s_mail, desk).ShouldBeTrue();
    }
}
