using System.Collections.Concurrent;

namespace FraudStreams.Alerting.Outbox;

/// <summary>How many alerts of this host wait, for whoever wants to know while the desks write it.</summary>
public sealed class PendingAlerts
{
    readonly ConcurrentDictionary<int, int> _waiting = [];
    volatile bool _isElsewhere;

    /// <summary>Alerts that are raised and not yet on record as delivered or refused.</summary>
    public int Waiting => _waiting.Values.Sum(count => Math.Max(0, count));

    /// <summary>Every partition that this host has, if any, is known to the last alert and has none that waits.</summary>
    public bool IsIdle => _waiting.IsEmpty ? _isElsewhere : _waiting.Values.All(count => count == 0);

    /// <summary>Another process has the alerts, and this one waits for its turn.</summary>
    public void Elsewhere() => _isElsewhere = true;

    /// <summary>The partition is this host's, and what waits in it is not known yet.</summary>
    public void Opened(int partition) => _waiting[partition] = -1;

    public void Set(int partition, int waiting) => _waiting[partition] = waiting;

    /// <summary>The partition is not this host's any more. One that left with alerts is still waited for: a branch that starts again gets it back.</summary>
    public void Closed(int partition)
    {
        if (_waiting.TryRemove(new KeyValuePair<int, int>(partition, 0)))
            _isElsewhere = true;
    }
}
