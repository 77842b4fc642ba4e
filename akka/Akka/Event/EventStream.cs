using System.Collections.Concurrent;
using Akka.Actor;

namespace Akka.Event;

/// <summary>Tells every event to those who subscribed to its type or to one it derives from. A subscriber that has died drops
/// out.</summary>
public class LoggingBus
{
    readonly Lock _lock = new();
    readonly ConcurrentDictionary<Type, IActorRef[]> _receivers = new();
    (IActorRef Subscriber, Type Channel)[] _subscriptions = [];

    public LogLevel LogLevel { get; private set; } = LogLevel.InfoLevel;
    public void SetLogLevel(LogLevel logLevel) => LogLevel = logLevel;

    public virtual bool Subscribe(IActorRef subscriber, Type classifier)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        ArgumentNullException.ThrowIfNull(classifier);
        lock (_lock)
        {
            if (_subscriptions.Contains((subscriber, classifier))) return false;
            Replace([.. _subscriptions, (subscriber, classifier)]);
            return true;
        }
    }

    public virtual bool Unsubscribe(IActorRef subscriber, Type classifier) =>
        Remove(s => s.Subscriber.Equals(subscriber) && s.Channel == classifier);
    public virtual bool Unsubscribe(IActorRef subscriber) => Remove(s => s.Subscriber.Equals(subscriber));

    public virtual void Publish(object @event)
    {
        if (!_receivers.TryGetValue(@event.GetType(), out var receivers)) receivers = FindReceivers(@event.GetType());
        foreach (var receiver in receivers)
        {
            if (receiver is IInternalActorRef { IsTerminated: true }) Unsubscribe(receiver);
            else receiver.Tell(@event, ActorRefs.NoSender);
        }
    }

    IActorRef[] FindReceivers(Type type)
    {
        lock (_lock)
        {
            var receivers = _subscriptions.Where(s => s.Channel.IsAssignableFrom(type)).Select(s => s.Subscriber).Distinct();
            return _receivers[type] = receivers.ToArray();
        }
    }

    bool Remove(Func<(IActorRef Subscriber, Type Channel), bool> which)
    {
        lock (_lock)
        {
            var left = _subscriptions.Where(s => !which(s)).ToArray();
            if (left.Length == _subscriptions.Length) return false;
            Replace(left);
            return true;
        }
    }

    void Replace((IActorRef, Type)[] subscriptions)
    {
        _subscriptions = subscriptions;
        _receivers.Clear();
    }
}

public class EventStream : LoggingBus
{
    internal EventStream() { }
}

public static class EventStreamExtensions
{
    public static bool Subscribe<TChannel>(this EventStream eventStream, IActorRef subscriber) =>
        eventStream.Subscribe(subscriber, typeof(TChannel));
}
