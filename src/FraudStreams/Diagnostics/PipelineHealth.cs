using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace FraudStreams.Diagnostics;

/// <summary>
/// Which pipelines of this process fail. A pipeline that fails starts again after a pause; it counts as failing until it works again, or has held for
/// longer than any pause.
/// </summary>
public sealed class PipelineHealth(TimeSpan holds, TimeProvider time)
{
    readonly ConcurrentDictionary<string, (FailingPipeline Failing, long Last)> _failing = [];
    readonly ConcurrentDictionary<string, string> _notices = [];

    public void Failed(string pipeline, string why)
    {
        var now = time.GetTimestamp();
        _failing.AddOrUpdate(pipeline, _ => (new FailingPipeline(time.GetUtcNow(), now, why), now), (_, before) => (before.Failing with { Why = why }, now));
    }

    /// <summary>
    /// Something that no pipeline fails of and that somebody has to see to, such as a topic with a wrong key. It stays until the program starts again; the latest
    /// of a kind counts.
    /// </summary>
    public void Notice(string kind, string what) => _notices[kind] = what;

    public ImmutableSortedDictionary<string, string> Notices => _notices.ToImmutableSortedDictionary();

    public void Worked(string pipeline) => _failing.TryRemove(pipeline, out _);

    public ImmutableSortedDictionary<string, FailingPipeline> Failing() => _failing
        .Where(pipeline => time.GetElapsedTime(pipeline.Value.Last) < holds)
        .ToImmutableSortedDictionary(pipeline => pipeline.Key, pipeline => pipeline.Value.Failing);
}

/// <param name="Since">Its first failure since it last did anything, for people.</param>
/// <param name="Began">The same as a timestamp of the program's time provider: it tells how long ago that is, whatever the clock was set to since.</param>
/// <param name="Why">Its latest.</param>
public sealed record FailingPipeline(DateTimeOffset Since, long Began, string Why);
