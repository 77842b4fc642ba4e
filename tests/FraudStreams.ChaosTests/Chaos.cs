namespace FraudStreams.ChaosTests;

/// <summary>The chances of a scenario, all from its seed, and a count of what was done.</summary>
sealed class Chaos(int seed)
{
    readonly SortedDictionary<string, int> _faults = new(StringComparer.Ordinal);

    public int Seed { get; } = seed;

    public Random Random { get; } = new(seed);

    /// <summary>What else was measured, for the report.</summary>
    public string Remarks { get; set; } = "";

    /// <summary>
    /// Deaths between sending a mail and noting it: of a process that sends, or of the server before it answered. Each may repeat the one mail that
    /// each desk has under way.
    /// </summary>
    public int Deaths { get; private set; }

    public string Faults => _faults.Count == 0 ? "none" : string.Join(", ", _faults.Select(fault => $"{fault.Value} × {fault.Key}"));

    public void Did(string fault, bool mayRepeatMails = false)
    {
        _faults[fault] = _faults.GetValueOrDefault(fault) + 1;
        if (mayRepeatMails)
            Deaths++;
    }

    /// <summary>So many moments of a run, in their order, from 0 to nearly 1.</summary>
    public List<double> Moments(int count) => [.. Enumerable.Range(0, count).Select(_ => Random.NextDouble() * 0.95).Order()];
}
