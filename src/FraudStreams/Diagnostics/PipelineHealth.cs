using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace FraudStreams.Diagnostics;

/// <summary>
/// Which pipelines of this process fail. A pipeline that fails starts again after a pause; it counts as failing until it has committed a batch
/// again, or has held for longer than any pause.
/// </summary>
public sealed class PipelineHealth(TimeSpan holds, TimeProvider time)
{
    readonly ConcurrentDictionary<string, (DateTimeOffset First, DateTimeOffset Last, string Why)> _failing = [];

    public void Failed(string pipeline, string why) =>
        _failing.AddOrUpdate(pipeline, _ => (time.GetUtcNow(), time.GetUtcNow(), why), (_, before) => (before.First, time.GetUtcNow(), why));

    /// <summary>A batch went all the way. Called for each, so it costs one look at a nearly always empty table.</summary>
    /// <returns>Whether a failure is over by it.</returns>
    public bool Worked(string pipeline) => !_failing.IsEmpty && _failing.TryRemove(pipeline, out _);

    public ImmutableSortedDictionary<string, FailingPipeline> Failing() => _failing
        .Where(pipeline => time.GetUtcNow() - pipeline.Value.Last < holds)
        .ToImmutableSortedDictionary(pipeline => pipeline.Key, pipeline => new FailingPipeline(pipeline.Value.First, pipeline.Value.Why));
}

/// <param name="Since">Its first failure since it last did anything.</param>
/// <param name="Why">Its latest.</param>
public sealed record FailingPipeline(DateTimeOffset Since, string Why);
