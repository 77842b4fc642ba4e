using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using FraudStreams.Diagnostics;

namespace FraudStreams.Dashboard.Live;

/// <summary>
/// Adds up what this process's instruments say. Counters, a few calls a batch, are always read; what is recorded for each payment only while somebody looks.
/// Any thread may read.
/// </summary>
sealed class MeterReadings : IDisposable
{
    public const int ScoreBuckets = 20;

    /// <summary>Latencies in steps of a factor, from a tenth of a millisecond on.</summary>
    const double LatencyStep = 1.15;
    const double Fastest = 0.0001;
    const int LatencyBuckets = 120;

    readonly MeterListener _listener = new();
    readonly List<Instrument> _ofPayments = [];
    readonly ConcurrentDictionary<(string Pipeline, string Reason), long> _rejected = [];
    readonly long[] _scores = new long[ScoreBuckets];
    readonly long[] _toPrediction = new long[LatencyBuckets];
    readonly long[] _toAlert = new long[LatencyBuckets];

    public MeterReadings(StreamMetrics metrics)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!ReferenceEquals(instrument.Meter.Scope, metrics))
                return;
            if (instrument.Name == StreamMetrics.RejectedName)
                listener.EnableMeasurementEvents(instrument);
            else if (instrument.Name is StreamMetrics.ScoresName or StreamMetrics.LatencyName)
                _ofPayments.Add(instrument);
        };
        _listener.SetMeasurementEventCallback<long>(Count);
        _listener.SetMeasurementEventCallback<double>(Record);
        _listener.Start();
    }

    public ImmutableArray<RejectedCount> Rejected =>
        [.. _rejected.Select(rejected => new RejectedCount(rejected.Key.Pipeline, rejected.Key.Reason, rejected.Value)).OrderByDescending(rejected => rejected.Count)];

    /// <summary>Since somebody looks: payments by score, in equal steps from 0 to 1.</summary>
    public long[] Scores => Copy(_scores);

    public long[] ToPrediction => Copy(_toPrediction);

    public long[] ToAlert => Copy(_toAlert);

    /// <summary>Starts or ends the reading of each payment.</summary>
    public void Watch(bool isWatched)
    {
        foreach (var instrument in _ofPayments)
        {
            if (isWatched)
                _listener.EnableMeasurementEvents(instrument);
            else
                _listener.DisableMeasurementEvents(instrument);
        }
    }

    /// <summary>The latency in seconds that so large a share of the measurements between two readings stayed under; null where there were none.</summary>
    public static double? Percentile(long[] before, long[] after, double share)
    {
        var total = 0L;
        for (var bucket = 0; bucket < after.Length; bucket++)
            total += after[bucket] - before[bucket];
        if (total <= 0)
            return null;
        var left = (long)Math.Ceiling(total * share);
        for (var bucket = 0; bucket < after.Length; bucket++)
        {
            left -= after[bucket] - before[bucket];
            if (left <= 0)
                return Fastest * Math.Pow(LatencyStep, bucket);
        }

        return Fastest * Math.Pow(LatencyStep, after.Length - 1);
    }

    public void Dispose() => _listener.Dispose();

    static long[] Copy(long[] counts)
    {
        var copy = new long[counts.Length];
        for (var i = 0; i < counts.Length; i++)
            copy[i] = Interlocked.Read(ref counts[i]);
        return copy;
    }

    void Count(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
        _rejected.AddOrUpdate((tags[0].Value as string ?? "", tags[1].Value as string ?? ""), value, (_, sum) => sum + value);

    void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        if (instrument.Name == StreamMetrics.ScoresName)
            Interlocked.Increment(ref _scores[Math.Clamp((int)(value * ScoreBuckets), 0, ScoreBuckets - 1)]);
        else
            Interlocked.Increment(ref (StreamMetrics.ToPredictionWord.Equals(tags[0].Value) ? _toPrediction : _toAlert)[BucketOf(value)]);
    }

    static int BucketOf(double seconds) =>
        seconds <= Fastest ? 0 : Math.Min(LatencyBuckets - 1, (int)Math.Ceiling(Math.Log(seconds / Fastest) / Math.Log(LatencyStep)));
}

/// <param name="Pipeline">Which pipeline rejected them.</param>
/// <param name="Reason">One of the reject codes.</param>
public sealed record RejectedCount(string Pipeline, string Reason, long Count);
