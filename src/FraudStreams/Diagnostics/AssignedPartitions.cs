using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace FraudStreams.Diagnostics;

/// <summary>Which partitions the pipelines of this process consume now. Thread-safe.</summary>
public sealed class AssignedPartitions
{
    readonly ConcurrentDictionary<(string Group, int Partition), bool> _assigned = [];

    /// <summary>By group, ascending.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<int>> ByGroup => _assigned.Keys.GroupBy(assigned => assigned.Group)
        .ToImmutableSortedDictionary(group => group.Key, group => group.Select(assigned => assigned.Partition).Order().ToImmutableArray());

    public bool Contains(string group, int partition) => _assigned.ContainsKey((group, partition));

    public void Add(string group, int partition) => _assigned[(group, partition)] = true;

    public void Remove(string group, int partition) => _assigned.TryRemove((group, partition), out _);
}
