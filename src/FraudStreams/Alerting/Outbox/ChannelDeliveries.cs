using System.Collections.Immutable;
using Akka.Actor;
using FraudStreams.Alerting.Channels;
using FraudStreams.Diagnostics;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// The deliveries of one outbox over its channels: which message goes out when (<see cref="DeliveryScheduler"/>), within the slots that all outboxes of the
/// process share, and what becomes of it. Each outcome comes back to the outbox as <see cref="Sent"/>, which persists it before it lets the slot go.
/// </summary>
sealed class ChannelDeliveries(DeliveryContext context, IActorRef outbox)
{
    readonly ImmutableSortedDictionary<string, DeliveryScheduler> _schedulers =
        context.Channels.ToImmutableSortedDictionary(channel => channel.Name, channel => new DeliveryScheduler(channel.Settings));

    readonly Dictionary<string, int> _acquired = [];

    /// <param name="Delivery">Null where it failed.</param>
    public sealed record Sent(AlertChannel Channel, DeliveryScheduler.DeliveryAttempt Attempt, Delivery? Delivery, Exception? Failure);

    public bool AnyInFlight => _schedulers.Values.Any(scheduler => scheduler.InFlight > 0);

    /// <summary>Schedules an alert on a channel; false where that is not configured any more.</summary>
    public bool Add(long number, Alert alert, string name)
    {
        if (context.Channels.FirstOrDefault(channel => channel.Name == name) is not { } channel)
            return false;
        if (context.InFlight.Find(name, alert) is { } inFlight)
        {
            context.Concurrency.Acquire(channel);
            Await(channel, _schedulers[name].Resume(number, alert), inFlight);
        }
        else
        {
            _schedulers[name].Add(number, alert, context.SteadyNow);
        }

        return true;
    }

    /// <summary>Sends what may go out now, and returns when to ask again; null when something changes.</summary>
    public DateTimeOffset? SendDue()
    {
        DateTimeOffset? next = null;
        foreach (var channel in context.Channels)
        {
            var scheduler = _schedulers[channel.Name];
            DateTimeOffset? due;
            while (scheduler.MayTake(context.SteadyNow, out due) && context.Concurrency.TryAcquire(channel, outbox))
            {
                var attempt = scheduler.Take(context.SteadyNow);
                Await(channel, attempt, context.InFlight.Start(channel.Name, channel.Transport, attempt.Message));
            }

            next = due < next || next is null ? due ?? next : next;
        }

        return next;
    }

    /// <summary>Whether the message is settled: delivered, or refused for good. Else its alerts are tried again, and its slot is free.</summary>
    /// <param name="messageId">Of the message that delivered them; null where none did.</param>
    public bool TrySettle(Sent sent, out string? messageId, out ImmutableArray<Refusal> refusals)
    {
        var (channel, attempt, delivery, failure) = sent;
        var scheduler = _schedulers[channel.Name];
        if (delivery is { Later.IsEmpty: true })
        {
            context.Worked(channel);
            if (scheduler.Count == attempt.Numbers.Length)
                DeferralsOf(channel).Over();
            (messageId, refusals) = (attempt.Message.MessageId, scheduler.Done(attempt, delivery.Refusals));
            return true;
        }

        if (failure is AlertDeliveryException { Fault: DeliveryFault.Refused } refused && attempt.Numbers.Length == 1)
        {
            // Some recipients have it from an earlier attempt: then it counts as delivered.
            messageId = attempt.Message.To.IsEmpty ? null : attempt.Message.MessageId;
            refusals = scheduler.Done(attempt, [new Refusal(string.Join(", ", attempt.Message.To), refused.Message)]);
            return true;
        }

        (messageId, refusals) = (null, []);
        Retry(channel, scheduler, attempt, delivery, failure);
        Release(channel.Name, attempt.Message);
        return false;
    }

    /// <summary>The outcome is persisted, or the attempt failed: the alerts may be sent again, and the slot is free for others.</summary>
    public void Release(string channel, AlertMessage message)
    {
        foreach (var alert in message.Alerts)
            context.InFlight.Forget(channel, alert);
        _acquired[channel]--;
        context.Concurrency.Release(channel);
    }

    /// <summary>The outbox stops: its slots are free, and what is in flight is found by the partition's next outbox.</summary>
    public void ReleaseAll()
    {
        context.Concurrency.Forget(outbox);
        foreach (var (channel, slots) in _acquired)
            context.Concurrency.Release(channel, slots);
    }

    public void FlushDigests()
    {
        foreach (var scheduler in _schedulers.Values)
            scheduler.FlushDigests();
    }

    /// <summary>Waits for the outcome of a message, which holds a slot.</summary>
    void Await(AlertChannel channel, DeliveryScheduler.DeliveryAttempt attempt, Task<Delivery> delivery)
    {
        _acquired[channel.Name] = _acquired.GetValueOrDefault(channel.Name) + 1;
        _ = delivery.PipeTo(
            outbox,
            success: delivered => new Sent(channel, attempt, delivered, null),
            failure: cause => new Sent(channel, attempt, null, cause));
    }

    void Retry(AlertChannel channel, DeliveryScheduler scheduler, DeliveryScheduler.DeliveryAttempt attempt, Delivery? delivery, Exception? failure)
    {
        var now = context.SteadyNow;
        switch (delivery, failure as AlertDeliveryException)
        {
            case ({ }, _):
                scheduler.Partly(attempt, delivery, now);
                foreach (var later in delivery.Later)
                    DeferralsOf(channel).Warn($"{attempt.Message.Name} for {later.Recipient}: {later.Reason}. It is tried again later");
                break;
            case (_, { Fault: DeliveryFault.Refused }):
                scheduler.Split(attempt, now);
                break;
            case (_, { Fault: DeliveryFault.Later } later):
                var wait = scheduler.Later(attempt, now);
                DeferralsOf(channel).Warn($"{attempt.Message.Name}: {later.Message}. It is tried again in {wait.TotalSeconds:0.#} s");
                break;
            default:
                scheduler.Unavailable(attempt, now);
                context.Failed(channel, failure!.Message);
                break;
        }
    }

    /// <summary>The server works, and does not take a message now. It takes them again once none waits any more.</summary>
    ErrorThrottle DeferralsOf(AlertChannel channel) => context.ErrorsOf($"{channel.Transport.Channel} does not take messages now");
}
