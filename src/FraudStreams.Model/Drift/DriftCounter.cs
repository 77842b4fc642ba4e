using System.Collections.Immutable;
using FraudStreams.Model.Features;

namespace FraudStreams.Model.Drift;

/// <summary>Counts what a version scores into the bins of its reference, by hour of event time. One caller at a time.</summary>
public sealed class DriftCounter
{
    /// <summary>So many rows of a batch, evenly spread over it, have their features counted: more would cost the stream and tell little more. Scores are counted of all.</summary>
    public const int MaxRows = 64;

    const long HourMilliseconds = 3_600_000;

    readonly string _version;
    readonly ImmutableArray<DriftColumn> _columns;
    readonly ImmutableArray<int> _features;
    readonly ImmutableArray<int> _offsets;
    readonly int _width;
    readonly int _counters;
    readonly SortedDictionary<long, long[]> _hours = [];
    (long Hour, long[] Counts) _last;

    /// <param name="version">The version's name.</param>
    /// <param name="reference">Its reference.</param>
    /// <param name="plan">Its features.</param>
    /// <exception cref="ArgumentException">The reference is not of these features.</exception>
    public DriftCounter(string version, DriftReference reference, FeaturePlan plan)
    {
        (_version, _columns, _features, _offsets, _width, _counters) =
            (version, reference.Columns, reference.FeaturesOf(plan), reference.Offsets, plan.Count, reference.Counters);
    }

    /// <summary>How many hours are counted and not taken.</summary>
    public int Hours => _hours.Count;

    /// <summary>Counts a batch.</summary>
    /// <param name="timeOf">Event time of a row, Unix milliseconds.</param>
    /// <param name="scores">One a row.</param>
    /// <param name="features">Rows × features of the plan.</param>
    /// <param name="all">Whether the features of all rows are counted, not of <see cref="MaxRows"/>.</param>
    public void Count(Func<int, long> timeOf, ReadOnlySpan<double> scores, ReadOnlySpan<double> features, bool all = false)
    {
        var step = all ? 1 : (scores.Length + MaxRows - 1) / MaxRows;
        for (var row = 0; row < scores.Length; row++)
        {
            var counts = Of(timeOf(row) / HourMilliseconds);
            counts[_offsets[^1] + _columns[^1].BinOf(scores[row])]++;
            if (row % step != 0)
                continue;
            var values = features.Slice(row * _width, _width);
            for (var column = 0; column < _features.Length; column++)
                counts[_offsets[column] + _columns[column].BinOf(values[_features[column]])]++;
        }
    }

    /// <summary>Gives up what is counted of the hours before another, or of all.</summary>
    /// <param name="before">Hours since 1970; null: all.</param>
    public IReadOnlyList<DriftHour> Take(long? before = null)
    {
        var taken = _hours.Where(hour => before is null || hour.Key < before).Select(hour => new DriftHour(_version, hour.Key, hour.Value)).ToList();
        foreach (var hour in taken)
            _hours.Remove(hour.Hour);
        _last = default;
        return taken;
    }

    /// <summary>The latest hour that is being counted; null where none is.</summary>
    public long? Latest => _hours.Count == 0 ? null : _hours.Keys.Last();

    long[] Of(long hour)
    {
        if (_last.Counts is not null && _last.Hour == hour)
            return _last.Counts;
        if (!_hours.TryGetValue(hour, out var counts))
            _hours.Add(hour, counts = new long[_counters]);
        _last = (hour, counts);
        return counts;
    }
}
