using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Outbox;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Outbox;

public sealed class DeliverySchedulerTests
{
    DateTimeOffset _now = AlertsOf.Noon;

    [Fact]
    public void Without_a_limit_each_alert_is_a_message_oldest_first()
    {
        var queue = Filled(AlertsOf.Channel(), 3);

        Drain(queue).ShouldBe(["1", "2", "3"]);
        queue.Count.ShouldBe(0);
    }

    [Fact]
    public void No_more_are_under_way_than_set()
    {
        var queue = Filled(AlertsOf.Channel(parallel: 2), 5);

        var first = queue.TryTake(_now, out _).ShouldNotBeNull();
        queue.TryTake(_now, out _).ShouldNotBeNull();

        queue.TryTake(_now, out _).ShouldBeNull();
        queue.Done(first, []);
        queue.TryTake(_now, out _).ShouldNotBeNull();
    }

    [Fact]
    public void A_flood_goes_out_in_digests_within_the_cap_and_every_alert_is_in_one_of_them()
    {
        var queue = Filled(AlertsOf.Channel(perMinute: 10, digest: 25), 1000);
        var messages = new List<int>();
        var alerts = new List<long>();

        while (queue.Count > 0)
        {
            if (queue.TryTake(_now, out var next) is { } attempt)
            {
                messages.Add(attempt.Numbers.Length);
                alerts.AddRange(attempt.Numbers);
                queue.Done(attempt, []);
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
    public void Alerts_below_the_cap_go_out_one_by_one()
    {
        var queue = Filled(AlertsOf.Channel(perMinute: 10, digest: 25), 10);

        Drain(queue).ShouldBe(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
        _now.ShouldBe(AlertsOf.Noon);
    }

    [Fact]
    public void The_first_alert_of_a_card_goes_at_once_and_what_follows_in_its_window_together()
    {
        var queue = new DeliveryScheduler(AlertsOf.Channel(digest: 10, cardWindowSeconds: 60));
        queue.Add(1, AlertsOf.One("a1", "A"), _now);
        Take(queue).ShouldBe("a1");
        queue.Add(2, AlertsOf.One("a2", "A"), _now);
        queue.Add(3, AlertsOf.One("b1", "B"), _now);
        queue.Add(4, AlertsOf.One("a3", "A"), _now);

        Take(queue).ShouldBe("b1");
        queue.TryTake(_now, out var next).ShouldBeNull();
        next.ShouldBe(AlertsOf.Noon.AddSeconds(60));
        _now = next!.Value;

        Take(queue).ShouldBe("a2,a3");
    }

    [Fact]
    public void At_the_end_of_the_input_no_alert_waits_for_others_of_its_card()
    {
        var queue = new DeliveryScheduler(AlertsOf.Channel(digest: 10, cardWindowSeconds: 60));
        queue.Add(1, AlertsOf.One("a1", "A"), _now);
        Take(queue).ShouldBe("a1");
        queue.Add(2, AlertsOf.One("a2", "A"), _now);

        queue.Hurry();

        Take(queue).ShouldBe("a2");
    }

    [Fact]
    public void A_server_that_cannot_be_used_is_left_alone_for_longer_each_time_and_then_tried_with_the_oldest()
    {
        var queue = Filled(AlertsOf.Channel(parallel: 3), 3);
        var pauses = new List<double>();

        for (var i = 0; i < 8; i++)
        {
            var attempt = queue.TryTake(_now, out _).ShouldNotBeNull();
            attempt.Numbers.ShouldBe([1L]);
            pauses.Add(queue.Unavailable(attempt, _now).TotalSeconds);
            queue.TryTake(_now, out var next).ShouldBeNull();
            _now = next!.Value;
        }

        pauses.ShouldBe([1, 2, 4, 8, 16, 32, 60, 60]);
        Drain(queue).ShouldBe(["1", "2", "3"]);
    }

    [Fact]
    public void Messages_that_fail_together_count_as_one_failure()
    {
        var queue = Filled(AlertsOf.Channel(parallel: 3), 3);
        var underWay = Enumerable.Range(0, 3).Select(_ => queue.TryTake(_now, out var _)!).ToArray();

        var pauses = underWay.Select(attempt => queue.Unavailable(attempt, _now).TotalSeconds).ToArray();

        pauses.ShouldBe([1, 1, 1]);
    }

    [Fact]
    public void A_message_that_is_not_wanted_now_waits_and_the_others_go_on()
    {
        var queue = Filled(AlertsOf.Channel(), 3);

        queue.Later(queue.TryTake(_now, out _)!, _now).ShouldBe(TimeSpan.FromSeconds(1));

        Take(queue).ShouldBe("2");
        Take(queue).ShouldBe("3");
        queue.TryTake(_now, out var next).ShouldBeNull();
        _now = next!.Value;
        Take(queue).ShouldBe("1");
    }

    [Fact]
    public void A_server_that_wants_none_of_them_now_is_left_alone()
    {
        var queue = Filled(AlertsOf.Channel(), 100);
        var tries = 0;

        while (queue.TryTake(_now, out _) is { } attempt)
        {
            queue.Later(attempt, _now);
            tries++;
        }

        tries.ShouldBeLessThan(20);
        queue.Count.ShouldBe(100);
    }

    [Fact]
    public void A_refused_digest_is_taken_apart_so_that_only_what_is_refused_is_set_aside()
    {
        var queue = Filled(AlertsOf.Channel(perMinute: 1, digest: 10), 3);
        var digest = queue.TryTake(_now, out _).ShouldNotBeNull();
        digest.Numbers.Length.ShouldBe(3);

        queue.TakeApart(digest, _now);

        var alone = new List<int>();
        while (queue.Count > 0)
        {
            if (queue.TryTake(_now, out var next) is { } attempt)
            {
                alone.Add(attempt.Numbers.Length);
                queue.Done(attempt, []);
            }
            else
            {
                _now = next!.Value;
            }
        }

        alone.ShouldBe([1, 1, 1]);
    }

    [Fact]
    public void Who_was_reached_is_not_sent_the_message_again()
    {
        var queue = Filled(AlertsOf.Channel(), 1);

        queue.Partly(queue.TryTake(_now, out _)!, new Delivery([new Refusal("gone@x.org", "550 no such user")], [new Refusal("busy@x.org", "450 busy")]), _now);
        queue.TryTake(_now, out var next).ShouldBeNull();
        var again = queue.TryTake(next!.Value, out _).ShouldNotBeNull();

        again.Message.To.ShouldBe(["busy@x.org"]);
        queue.Done(again, []).ShouldBe([new Refusal("gone@x.org", "550 no such user")]);
    }

    [Fact]
    public void What_is_left_of_a_message_that_others_have_holds_up_no_message_that_nobody_has()
    {
        var queue = Filled(AlertsOf.Channel(), 1);
        queue.Partly(queue.TryTake(_now, out _)!, new Delivery([], [new Refusal("busy@x.org", "450 busy")]), _now);
        queue.TryTake(_now, out var next).ShouldBeNull();
        _now = next!.Value;
        queue.Add(2, AlertsOf.One("2", "card 2"), _now);
        queue.Add(3, AlertsOf.One("3", "card 3"), _now);

        Drain(queue).ShouldBe(["2", "3", "1"]);
    }

    [Fact]
    public void What_is_left_of_a_message_and_finds_the_server_away_leaves_the_next_try_to_one_that_nobody_has()
    {
        var queue = Filled(AlertsOf.Channel(), 1);
        queue.Partly(queue.TryTake(_now, out _)!, new Delivery([], [new Refusal("busy@x.org", "450 busy")]), _now);
        queue.TryTake(_now, out var next).ShouldBeNull();
        _now = next!.Value;
        _now += queue.Unavailable(queue.TryTake(_now, out _)!, _now);
        queue.Add(2, AlertsOf.One("2", "card 2"), _now);

        Drain(queue).ShouldBe(["2", "1"]);
    }

    DeliveryScheduler Filled(ChannelSettings settings, int alerts)
    {
        var queue = new DeliveryScheduler(settings);
        for (var i = 1; i <= alerts; i++)
            queue.Add(i, AlertsOf.One($"{i}", $"card {i}"), _now);
        return queue;
    }

    string Take(DeliveryScheduler queue)
    {
        var attempt = queue.TryTake(_now, out _).ShouldNotBeNull();
        queue.Done(attempt, []);
        return string.Join(',', attempt.Message.Alerts.Select(alert => alert.TransactionId));
    }

    List<string> Drain(DeliveryScheduler queue)
    {
        var taken = new List<string>();
        while (queue.Count > 0)
            taken.Add(Take(queue));
        return taken;
    }
}
