using Akka.Actor;
using FraudStreams.Alerting.Channels;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// How many messages of a channel the desks of this process have under way together: from the moment one is sent until its outcome is noted in
/// the journal. What a death of the process can repeat is therefore no more than <see cref="ChannelSettings.Parallel"/>. Thread-safe.
/// </summary>
sealed class ConcurrencyLimiter
{
    readonly Lock _lock = new();
    readonly Dictionary<string, int> _taken = [];
    readonly HashSet<IActorRef> _waiting = [];

    /// <summary>Takes one if there is one; else the desk is told <see cref="SlotGranted"/> as soon as it is worth asking again.</summary>
    public bool TryTake(AlertChannel channel, IActorRef desk)
    {
        lock (_lock)
        {
            if (_taken.GetValueOrDefault(channel.Name) < channel.Settings.Parallel)
            {
                TakeAnyway(channel);
                return true;
            }

            _waiting.Add(desk);
            return false;
        }
    }

    /// <summary>For a message that is under way already.</summary>
    public void TakeAnyway(AlertChannel channel)
    {
        lock (_lock)
            _taken[channel.Name] = _taken.GetValueOrDefault(channel.Name) + 1;
    }

    public void Free(string channel, int slots = 1)
    {
        IActorRef[] waiting;
        lock (_lock)
        {
            _taken[channel] -= slots;
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var desk in waiting)
            desk.Tell(SlotGranted.Instance);
    }

    /// <summary>The desk is gone.</summary>
    public void Forget(IActorRef desk)
    {
        lock (_lock)
            _waiting.Remove(desk);
    }
}

sealed record SlotGranted
{
    public static readonly SlotGranted Instance = new();
}
