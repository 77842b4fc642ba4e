using Akka.Actor;
using FraudStreams.Alerting.Channels;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// Limits the messages of a channel that all outboxes of this process have in flight together, from sending until the outcome is persisted. A crash
/// of the process can therefore repeat no more than <see cref="ChannelSettings.Parallel"/> of them. Thread-safe.
/// </summary>
sealed class ConcurrencyLimiter
{
    readonly Lock _lock = new();
    readonly Dictionary<string, int> _taken = [];
    readonly HashSet<IActorRef> _waiting = [];

    /// <summary>Takes a slot if one is free; else the outbox gets <see cref="SlotGranted"/> as soon as it is worth asking again.</summary>
    public bool TryAcquire(AlertChannel channel, IActorRef outbox)
    {
        lock (_lock)
        {
            if (_taken.GetValueOrDefault(channel.Name) < channel.Settings.Parallel)
            {
                Acquire(channel);
                return true;
            }

            _waiting.Add(outbox);
            return false;
        }
    }

    /// <summary>Takes a slot for a message that is already in flight, whether or not one is free.</summary>
    public void Acquire(AlertChannel channel)
    {
        lock (_lock)
            _taken[channel.Name] = _taken.GetValueOrDefault(channel.Name) + 1;
    }

    public void Release(string channel, int slots = 1)
    {
        IActorRef[] waiting;
        lock (_lock)
        {
            _taken[channel] -= slots;
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var outbox in waiting)
            outbox.Tell(SlotGranted.Instance);
    }

    /// <summary>The outbox has stopped.</summary>
    public void Forget(IActorRef outbox)
    {
        lock (_lock)
            _waiting.Remove(outbox);
    }
}

sealed record SlotGranted
{
    public static readonly SlotGranted Instance = new();
}
