using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Outbox;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Outbox;

[Trait("Category", "Unit")]
public sealed class DeliverySchedulerTests
{
    DateTimeOffset _now = AlertsOf.Noon;

    [Fact]
    public void Without_a_limit_each_alert_is_a_message_oldest_first()
    {
        var scheduler = Filled(AlertsOf.Channel(), 3);

        Drain(scheduler).ShouldBe(["1", "2", "3"]);
        scheduler.Count.ShouldBe(0);
    }

    [Fact]
    public void No_more_are_in_flight_than_set()
    {
        var scheduler = Filled(AlertsOf.Channel(parallel: 2), 5);

        var first = scheduler.TryTake(_now, out _).ShouldNotBeNull();
        scheduler.TryTake(_now, out _).ShouldNotBeNull();

        scheduler.TryTake(_now, out _).ShouldBeNull();
        scheduler.Done(first, []);
        scheduler.TryTake(_now, out _).ShouldNotBeNull();
    }

    [Fact]
    public void A_flood_goes_out_in_digests_within_the_limit_and_each_alert_is_in_one()
    {
        var scheduler = Filled(AlertsOf.Channel(perMinute: 10, digest: 25), 1000);
        var messages = new List<int>();
        var alerts = new List<long>();

        while (scheduler.Count > 0)
        {
            if (scheduler.TryTake(_now, out var next) is { } attempt)
            {
                messages.Add(attempt.Numbers.Length);
                alerts.AddRange(attempt.Numbers);
                scheduler.Done(attempt, []);
            }
            else
            {
                next.ShouldNotBeNull().ShouldBeGreaterThan(_now);
                _now = next.Value;
            }
        }

        alerts.ShouldBe(Enumerable.Range(1, 1000).Select(i => (long)i));
        messages.ShouldAllBe(size => size <= 25);
        messages.Count.ShouldBeLessThanOrEqualTo(10 + (int)Math.Ceiling((_now - AlertsOf.Noon).TotalMinutes * 10));
        (_now - AlertsOf.Noon).ShouldBeLessThan(TimeSpan.FromMinutes(5));
    }

    [Fact]
    public void Alerts_below_the_rate_limit_go_out_one_by_one()
    {
        var scheduler = Filled(AlertsOf.Channel(perMinute: 10, digest: 25), 10);

        Drain(scheduler).ShouldBe(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
        _now.ShouldBe(AlertsOf.Noon);
    }

    [Fact]
    public void The_first_alert_of_a_card_goes_at_once_and_later_ones_together()
    {
        var scheduler = new DeliveryScheduler(AlertsOf.Channel(digest: 10, cardWindowSeconds: 60));
        scheduler.Add(1, AlertsOf.One("a1", "A"), _now);
        Take(scheduler).ShouldBe("a1");
        scheduler.Add(2, AlertsOf.One("a2", "A"), _now);
        scheduler.Add(3, AlertsOf.One("b1", "B"), _now);
        scheduler.Add(4, AlertsOf.One("a3", "A"), _now);

        Take(scheduler).ShouldBe("b1");
        scheduler.TryTake(_now, out var next).ShouldBeNull();
        next.ShouldBe(AlertsOf.Noon.AddSeconds(60));
        _now = next!.Value;

        Take(scheduler).ShouldBe("a2,a3");
    }

    [Fact]
    public void At_the_end_of_the_input_no_alert_is_held_back_for_its_card()
    {
        var scheduler = new DeliveryScheduler(AlertsOf.Channel(digest: 10, cardWindowSeconds: 60));
        scheduler.Add(1, AlertsOf.One("a1", "A"), _now);
        Take(scheduler).ShouldBe("a1");
        scheduler.Add(2, AlertsOf.One("a2", "A"), _now);

        scheduler.FlushDigests();

        Take(scheduler).ShouldBe("a2");
    }

    [Fact]
    public void An_unavailable_server_is_retried_with_backoff_and_the_oldest_alert()
    {
        var scheduler = Filled(AlertsOf.Channel(parallel: 3), 3);
        var pauses = new List<double>();

        for (var i = 0; i < 8; i++)
        {
            var attempt = scheduler.TryTake(_now, out _).ShouldNotBeNull();
            attempt.Numbers.ShouldBe([1L]);
            pauses.Add(scheduler.Unavailable(attempt, _now).TotalSeconds);
            scheduler.TryTake(_now, out var next).ShouldBeNull();
            _now = next!.Value;
        }

        pauses.ShouldBe([1, 2, 4, 8, 16, 32, 60, 60]);
        Drain(scheduler).ShouldBe(["1", "2", "3"]);
    }

    [Fact]
    public void Messages_that_fail_together_count_as_one_failure()
    {
        var scheduler = Filled(AlertsOf.Channel(parallel: 3), 3);
        var inFlight = Enumerable.Range(0, 3).Select(_ => scheduler.TryTake(_now, out var _)!).ToArray();

        var pauses = inFlight.Select(attempt => scheduler.Unavailable(attempt, _now).TotalSeconds).ToArray();

        pauses.ShouldBe([1, 1, 1]);
    }

    [Fact]
    public void A_deferred_message_waits_and_the_others_go_on()
    {
        var scheduler = Filled(AlertsOf.Channel(), 3);

        scheduler.Later(scheduler.TryTake(_now, out _)!, _now).ShouldBe(TimeSpan.FromSeconds(1));

        Take(scheduler).ShouldBe("2");
        Take(scheduler).ShouldBe("3");
        scheduler.TryTake(_now, out var next).ShouldBeNull();
        _now = next!.Value;
        Take(scheduler).ShouldBe("1");
    }

    [Fact]
    public void A_server_that_defers_every_message_is_paused()
    {
        var scheduler = Filled(AlertsOf.Channel(), 100);
        var tries = 0;

        while (scheduler.TryTake(_now, out _) is { } attempt)
        {
            scheduler.Later(attempt, _now);
            tries++;
        }

        tries.ShouldBeLessThan(20);
        scheduler.Count.ShouldBe(100);
    }

    [Fact]
    public void A_refused_digest_is_split_into_single_alerts()
    {
        var scheduler = Filled(AlertsOf.Channel(perMinute: 1, digest: 10), 3);
        var digest = scheduler.TryTake(_now, out _).ShouldNotBeNull();
        digest.Numbers.Length.ShouldBe(3);

        scheduler.Split(digest, _now);

        var alone = new List<int>();
        while (scheduler.Count > 0)
        {
            if (scheduler.TryTake(_now, out var next) is { } attempt)
            {
                alone.Add(attempt.Numbers.Length);
                scheduler.Done(attempt, []);
            }
            else
            {
                _now = next!.Value;
            }
        }

        alone.ShouldBe([1, 1, 1]);
    }

    [Fact]
    public void A_recipient_who_was_reached_is_not_sent_the_message_again()
    {
        var scheduler = Filled(AlertsOf.Channel(), 1);

        scheduler.Partly(scheduler.TryTake(_now, out _)!, new Delivery([new Refusal("gone@x.org", "550 no such user")], [new Refusal("busy@x.org", "450 busy")]), _now);
        scheduler.TryTake(_now, out var next).ShouldBeNull();
        var again = scheduler.TryTake(next!.Value, out _).ShouldNotBeNull();

        again.Message.To.ShouldBe(["busy@x.org"]);
        scheduler.Done(again, []).ShouldBe([new Refusal("gone@x.org", "550 no such user")]);
    }

    [Fact]
    public void A_partly_delivered_message_delays_none_that_nobody_has()
    {
        var scheduler = Filled(AlertsOf.Channel(), 1);
        scheduler.Partly(scheduler.TryTake(_now, out _)!, new Delivery([], [new Refusal("busy@x.org", "450 busy")]), _now);
        scheduler.TryTake(_now, out var next).ShouldBeNull();
        _now = next!.Value;
        scheduler.Add(2, AlertsOf.One("2", "card 2"), _now);
        scheduler.Add(3, AlertsOf.One("3", "card 3"), _now);

        Drain(scheduler).ShouldBe(["2", "3", "1"]);
    }

    [Fact]
    public void A_partly_delivered_message_that_fails_leaves_the_next_try_to_a_new_one()
    {
        var scheduler = Filled(AlertsOf.Channel(), 1);
        scheduler.Partly(scheduler.TryTake(_now, out _)!, new Delivery([], [new Refusal("busy@x.org", "450 busy")]), _now);
        scheduler.TryTake(_now, out var next).ShouldBeNull();
        _now = next!.Value;
        _now += scheduler.Unavailable(scheduler.TryTake(_now, out _)!, _now);
        scheduler.Add(2, AlertsOf.One("2", "card 2"), _now);

        Drain(scheduler).ShouldBe(["2", "1"]);
    }

    DeliveryScheduler Filled(ChannelSettings settings, int alerts)
    {
        var scheduler = new DeliveryScheduler(settings);
        for (var i = 1; i <= alerts; i++)
            scheduler.Add(i, AlertsOf.One($"{i}", $"card {i}"), _now);
        return scheduler;
    }

    string Take(DeliveryScheduler scheduler)
    {
        var attempt = scheduler.TryTake(_now, out _).ShouldNotBeNull();
        scheduler.Done(attempt, []);
        return string.Join(',', attempt.Message.Alerts.Select(alert => alert.TransactionId));
    }

    List<string> Drain(DeliveryScheduler scheduler)
    {
        var taken = new List<string>();
        while (scheduler.Count > 0)
            taken.Add(Take(scheduler));
        return taken;
    }
}
