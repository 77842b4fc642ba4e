using System.Collections.Immutable;
using FraudStreams.Model.Features;

namespace FraudStreams.Model.Drift;

/// <summary>Counts what a version scores into the bins of its reference, by hour of event time. One caller at a time.</summary>
public sealed class DriftCounter
{
    /// <summary>So many rows of a batch, evenly spread over it, have their features counted: more would cost the stream and tell little more. Scores are counted of all.</summary>
    public const int MaxRows = 64;

    readonly string _version;
    readonly ImmutableArray<DriftColumn> _columns;
    readonly ImmutableArray<int> _features;
    readonly ImmutableArray<int> _offsets;
    readonly int _width;
    readonly int _counters;
    readonly int _maxHours;
    readonly SortedDictionary<long, long[]> _hours = [];
    (long Hour, long[] Counts) _last;

    /// <param name="version">The version's name.</param>
    /// <param name="reference">Its reference.</param>
    /// <param name="plan">Its features.</param>
    /// <param name="maxHours">Hours that are counted and not taken; payments of further hours are left out.</param>
    /// <exception cref="ArgumentException">The reference is not of these features.</exception>
    public DriftCounter(string version, DriftReference reference, FeaturePlan plan, int maxHours = int.MaxValue)
    {
        (_version, _columns, _features, _offsets, _width, _counters, _maxHours) =
            (version, reference.Columns, reference.FeaturesOf(plan), reference.Offsets, plan.Count, reference.Counters, maxHours);
    }

    /// <summary>How many hours are counted and not taken.</summary>
    public int Hours => _hours.Count;

    /// <summary>How many payments were counted since hours were last taken.</summary>
    public long Payments { get; private set; }

    /// <summary>The features that are counted of a batch: those of every so many rows, at most of <see cref="MaxRows"/>.</summary>
    /// <param name="features">Rows × features of the plan.</param>
    public double[] Sample(int rows, ReadOnlySpan<double> features)
    {
        var step = StepOf(rows);
        var sample = new double[(rows + step - 1) / step * _width];
        for (var (row, at) = (0, 0); row < rows; row += step, at += _width)
            features.Slice(row * _width, _width).CopyTo(sample.AsSpan(at));
        return sample;
    }

    /// <summary>Counts a batch; payments of before 1970 are left out.</summary>
    /// <param name="timeOf">Event time of a row, Unix milliseconds.</param>
    /// <param name="scores">One a row.</param>
    /// <param name="features">Rows × features of the plan, or the <see cref="Sample"/> of them.</param>
    /// <param name="latest">Payments of later event time, Unix milliseconds, are left out.</param>
    public void Count(Func<int, long> timeOf, ReadOnlySpan<double> scores, ReadOnlySpan<double> features, long latest = long.MaxValue)
    {
        var step = features.Length == scores.Length * _width ? 1 : StepOf(scores.Length);
        for (var row = 0; row < scores.Length; row++)
        {
            if (timeOf(row) is var time && (time < 0 || time > latest))
                continue;
            if (Of(DriftColumn.HourOf(time)) is not { } counts)
                continue;
            Payments++;
            counts[_offsets[^1] + _columns[^1].BinOf(scores[row])]++;
            if (row % step != 0)
                continue;
            var values = features.Slice(row / step * _width, _width);
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
        (_last, Payments) = (default, 0);
        return taken;
    }

    /// <summary>Takes an hour back that was given up and could not be kept.</summary>
    public void TakeBack(DriftHour hour)
    {
        if (Of(hour.Hour) is not { } counts)
            return;
        for (var counter = 0; counter < counts.Length; counter++)
            counts[counter] += hour.Counts[counter];
    }

    /// <summary>The latest hour that is being counted; null where none is.</summary>
    public long? Latest => _hours.Count == 0 ? null : _hours.Keys.Last();

    static int StepOf(int rows) => Math.Max(1, (rows + MaxRows - 1) / MaxRows);

    long[]? Of(long hour)
    {
        if (_last.Counts is not null && _last.Hour == hour)
            return _last.Counts;
        if (!_hours.TryGetValue(hour, out var counts))
        {
            if (_hours.Count >= _maxHours)
                return null;
            _hours.Add(hour, counts = new long[_counters]);
        }

        _last = (hour, counts);
        return counts;
    }
}
