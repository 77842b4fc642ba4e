using System.Collections.Immutable;
using FraudStreams.Messaging;
using FraudStreams.RateLimiting;

namespace FraudStreams.Cli.Live;

/// <summary>Takes snapshots of a running stream; rates are measured from each to the next. For one caller at a time.</summary>
/// <param name="lags">How far the groups are behind, asked once a snapshot.</param>
public sealed class RateSampler(MetricTotals metrics, PipelineRates speeds, Func<Task<ImmutableArray<GroupLag>>> lags, TimeProvider time)
{
    readonly long _started = time.GetTimestamp();
    long _takenAt = time.GetTimestamp();
    StreamTotals _before;

    public async Task<PipelineStats> TakeAsync()
    {
        var groups = await lags();
        var now = time.GetTimestamp();
        var totals = metrics.Current;
        var rates = StreamRates.Between(_before, totals, time.GetElapsedTime(_takenAt, now));
        (_before, _takenAt) = (totals, now);
        return new PipelineStats(
            time.GetElapsedTime(_started, now), totals, rates, groups, speeds.Speed1.Speed, speeds.Speed2.Speed, speeds.Speed3.Speed, metrics.ModelVersion);
    }
}
