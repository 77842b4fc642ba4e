using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace FraudStreams.Diagnostics;

/// <summary>
/// Which branches of this process fail. A branch that fails starts again after a pause; it counts as failing until it has done some work
/// again, or has held for longer than any pause.
/// </summary>
public sealed class PipelineHealth(TimeSpan holds, TimeProvider time)
{
    readonly ConcurrentDictionary<string, (DateTimeOffset First, DateTimeOffset Last, string Why)> _failing = [];

    public void Failed(string branch, string why) =>
        _failing.AddOrUpdate(branch, _ => (time.GetUtcNow(), time.GetUtcNow(), why), (_, before) => (before.First, time.GetUtcNow(), why));

    /// <summary>A batch went all the way. Called for each, so it costs one look at a nearly always empty table.</summary>
    /// <returns>Whether a failure is over by it.</returns>
    public bool Worked(string branch) => !_failing.IsEmpty && _failing.TryRemove(branch, out _);

    public ImmutableSortedDictionary<string, FailingPipeline> Failing() => _failing
        .Where(branch => time.GetUtcNow() - branch.Value.Last < holds)
        .ToImmutableSortedDictionary(branch => branch.Key, branch => new FailingPipeline(branch.Value.First, branch.Value.Why));
}

/// <param name="Since">Its first failure since it last did anything.</param>
/// <param name="Why">Its latest.</param>
public sealed record FailingPipeline(DateTimeOffset Since, string Why);
