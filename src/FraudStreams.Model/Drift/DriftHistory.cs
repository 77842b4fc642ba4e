namespace FraudStreams.Model.Drift;

/// <summary>The hours that were counted of one version, and what labels later said; records are added in any order. One caller at a time.</summary>
/// <param name="version">The version whose records are taken.</param>
/// <param name="counters">How many counters an hour has: those of the version's reference.</param>
/// <param name="keptHours">So many of the latest hours are kept; at least 1.</param>
public sealed class DriftHistory(string version, int counters, int keptHours = int.MaxValue)
{
    /// <summary>About the year 8800: a window of such an hour still ends within what a <see cref="DateTimeOffset"/> can say.</summary>
    const long MaxHour = 60_000_000;

    readonly SortedDictionary<long, long[]> _hours = [];
    readonly Dictionary<(long Hour, int Hours), PredictedFrauds> _truths = [];

    /// <summary>The version's name.</summary>
    public string Version { get; } = version;

    /// <summary>By hour since 1970, the counts.</summary>
    public IReadOnlyDictionary<long, long[]> Hours => _hours;

    /// <summary>By first hour and number of hours, what labels said.</summary>
    public IReadOnlyDictionary<(long Hour, int Hours), PredictedFrauds> Truths => _truths;

    /// <summary>The latest hour; null where there is none.</summary>
    public long? Latest { get; private set; }

    /// <summary>The first hour that was counted of any version; null where there is none.</summary>
    public long? First { get; private set; }

    /// <summary>Whether windows held what came before the first hour.</summary>
    public bool IsWarm { get; init; }

    /// <summary>Adds a record of the topic; one of another version is not taken, nor one of before 1970 or of an hour that no calendar has.</summary>
    public void Add(ReadOnlyMemory<byte> record)
    {
        var (hour, truth, _) = DriftRecord.Read(record);
        if (hour is not null)
            Add(hour);
        if (truth is not null)
            Add(truth);
    }

    /// <inheritdoc cref="Add(ReadOnlyMemory{byte})"/>
    public void Add(DriftTruth truth)
    {
        if (truth.Version == Version && truth.Hour is >= 0 and <= MaxHour)
            _truths[(truth.Hour, truth.Hours)] = truth.Counts;
    }

    /// <inheritdoc cref="Add(ReadOnlyMemory{byte})"/>
    public void Add(DriftHour hour)
    {
        if (hour.Hour is < 0 or > MaxHour)
            return;
        First = Math.Min(First ?? hour.Hour, hour.Hour);
        if (hour.Version != Version || hour.Counts.Length != counters)
            return;
        if (_hours.TryGetValue(hour.Hour, out var counts))
        {
            for (var counter = 0; counter < counters; counter++)
                counts[counter] += hour.Counts[counter];
            return;
        }

        _hours.Add(hour.Hour, (long[])hour.Counts.Clone());
        Latest = Math.Max(Latest ?? hour.Hour, hour.Hour);
        while (_hours.Count > keptHours)
            _hours.Remove(_hours.Keys.First());
    }
}
