using System.Collections.Immutable;
using FraudStreams.Speeds;
using FraudStreams.Topics;

namespace FraudStreams.Monitoring;

/// <summary>Takes snapshots of a running stream; rates are measured from each to the next. For one caller at a time.</summary>
/// <param name="lags">How far the groups are behind, asked once a snapshot.</param>
/// <param name="modelVersion">The version that scores now.</param>
public sealed class StreamMeter(
    StreamCounters counters, SpeedControl speeds, Func<ImmutableArray<GroupLag>> lags, Func<string?> modelVersion, TimeProvider time)
{
    readonly long _started = time.GetTimestamp();
    long _takenAt = time.GetTimestamp();
    StreamTotals _before;

    public StreamSnapshot Take()
    {
        var now = time.GetTimestamp();
        var totals = counters.Totals;
        var rates = StreamRates.Between(_before, totals, time.GetElapsedTime(_takenAt, now));
        (_before, _takenAt) = (totals, now);
        return new StreamSnapshot(
            time.GetElapsedTime(_started, now), totals, rates, lags(), speeds.Speed1.Speed, speeds.Speed2.Speed, speeds.Speed3.Speed, modelVersion());
    }
}
