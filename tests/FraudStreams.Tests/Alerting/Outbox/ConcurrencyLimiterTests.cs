using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Outbox;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Outbox;

[Trait("Category", "Unit")]
public sealed class ConcurrencyLimiterTests : ActorTest
{
    static readonly AlertChannel s_mail = new("mail", new ScriptedTransport(_ => Task.FromResult(Delivery.Complete)), AlertsOf.Channel(parallel: 2));
    static readonly AlertChannel s_webhook = s_mail with { Name = "webhook" };

    readonly ConcurrencyLimiter _limiter = new();

    [Fact]
    public void All_outboxes_together_have_no_more_messages_in_flight_than_set()
    {
        var (one, other) = (CreateTestProbe(), CreateTestProbe());

        _limiter.TryAcquire(s_mail, one).ShouldBeTrue();
        _limiter.TryAcquire(s_mail, other).ShouldBeTrue();

        _limiter.TryAcquire(s_mail, one).ShouldBeFalse();
        _limiter.TryAcquire(s_mail, other).ShouldBeFalse();
        _limiter.TryAcquire(s_webhook, other).ShouldBeTrue();
    }

    [Fact]
    public void Every_outbox_that_found_no_slot_is_notified_once_when_one_is_free()
    {
        var (one, other, gone) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        _limiter.TryAcquire(s_mail, one);
        _limiter.TryAcquire(s_mail, one);
        foreach (var outbox in new[] { one, other, other, gone })
            _limiter.TryAcquire(s_mail, outbox).ShouldBeFalse();

        _limiter.Forget(gone);
        _limiter.Release("mail");

        one.ExpectMsg<SlotGranted>();
        other.ExpectMsg<SlotGranted>();
        _limiter.TryAcquire(s_mail, other).ShouldBeTrue();
        _limiter.Release("mail");
        one.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        other.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        gone.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public void A_message_in_flight_gets_a_slot_even_where_none_is_free()
    {
        var outbox = CreateTestProbe();
        for (var i = 0; i < 3; i++)
            _limiter.Acquire(s_mail);

        _limiter.Release("mail");
        _limiter.TryAcquire(s_mail, outbox).ShouldBeFalse();
        _limiter.Release("mail");

        _limiter.TryAcquire(s_mail, outbox).ShouldBeTrue();
    }
}
