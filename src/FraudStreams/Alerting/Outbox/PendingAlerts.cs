using System.Collections.Concurrent;
using System.Collections.Immutable;
using FraudStreams.Diagnostics;

namespace FraudStreams.Alerting.Outbox;

/// <summary>How many alerts of this host are pending, per partition. Thread-safe: outboxes write it while others read it.</summary>
public sealed class PendingAlerts
{
    /// <summary>What the journal is called among what fails; channels have their own names.</summary>
    public const string Journal = "journal";

    readonly ConcurrentDictionary<int, int> _waiting = [];

    /// <summary>Of partitions whose stream has failed or stopped: nobody else has them yet.</summary>
    readonly ConcurrentDictionary<int, int> _left = [];
    readonly ConcurrentDictionary<string, FailingPipeline> _failing = [];
    volatile bool _isElsewhere;

    /// <summary>Alerts that are raised and not yet in the delivery log as delivered or refused.</summary>
    public int Waiting => _waiting.Values.Concat(_left.Values).Sum(count => Math.Max(0, count));

    /// <summary>Every partition assigned to this host is recovered and has no pending alert; with none assigned: another process has them.</summary>
    public bool IsIdle => _left.IsEmpty && (_waiting.IsEmpty ? _isElsewhere : _waiting.Values.All(count => count == 0));

    /// <summary>What delivery needs and does not work: a channel, or the journal.</summary>
    public ImmutableSortedDictionary<string, FailingPipeline> Failing => _failing.ToImmutableSortedDictionary();

    /// <summary>A channel, or the journal, cannot be used.</summary>
    public void Failed(string part, string why, TimeProvider time) =>
        _failing.AddOrUpdate(part, _ => new FailingPipeline(time.GetUtcNow(), time.GetTimestamp(), why), (_, before) => before with { Why = why });

    public void Worked(string part) => _failing.TryRemove(part, out _);

    /// <summary>Another process has the alerts; this one is on standby.</summary>
    public void Elsewhere()
    {
        _left.Clear();
        _isElsewhere = true;
    }

    /// <summary>The partition is assigned to this host; its pending alerts are not known yet. What was left of others by a stream before is theirs to whom they were assigned.</summary>
    public void Opened(int partition)
    {
        _waiting[partition] = -1;
        _left.Clear();
    }

    public void Set(int partition, int waiting) => _waiting[partition] = waiting;

    /// <summary>The partition's outbox is closed.</summary>
    /// <param name="isRevoked">Another host has it, and its pending alerts. Else they still count: a pipeline that restarts gets them back, and one that stops leaves them.</param>
    public void Closed(int partition, bool isRevoked)
    {
        if (!_waiting.TryGetValue(partition, out var count))
            return;
        if (isRevoked || count == 0)
            _isElsewhere = true;
        else
            _left[partition] = count;
        _waiting.TryRemove(partition, out _);
    }
}
