namespace FraudStreams.ChaosTests;

/// <summary>The chances of a scenario, all from its seed, and a count of what was done.</summary>
sealed class Chaos(int seed)
{
    readonly SortedDictionary<string, int> _faults = new(StringComparer.Ordinal);

    public int Seed { get; } = seed;

    public Random Random { get; } = new(seed);

    /// <summary>What else was measured, for the report.</summary>
    public string Remarks { get; private set; } = "";

    /// <summary>
    /// Deaths between sending a mail and noting it: of a process that sends, or of the server before it answered. Each may repeat the one mail that
    /// is under way.
    /// </summary>
    public int Deaths { get; private set; }

    /// <summary>Something failed between publishing and committing, where those are two steps.</summary>
    public bool MayRepeatPredictions { get; private set; }

    /// <summary>What is looked at beside what always holds, when all is done.</summary>
    public List<Action<Ledger>> Afterwards { get; } = [];

    public string Faults => _faults.Count == 0 ? "none" : string.Join(", ", _faults.Select(fault => $"{fault.Value} × {fault.Key}"));

    /// <param name="fault">In words.</param>
    /// <param name="mayRepeatMails">A sender or a receiver of mails died or was cut off.</param>
    /// <param name="isOrderly">It was told to stop: then nothing may be repeated at all.</param>
    public void Did(string fault, bool mayRepeatMails = false, bool isOrderly = false)
    {
        _faults[fault] = _faults.GetValueOrDefault(fault) + 1;
        MayRepeatPredictions |= !isOrderly;
        if (mayRepeatMails)
            Deaths++;
    }

    public void Remark(string remark) => Remarks = Remarks.Length == 0 ? remark : $"{Remarks}; {remark}";

    /// <summary>So many moments of a run, in their order, from 0 to nearly 1.</summary>
    public List<double> Moments(int count) => [.. Enumerable.Range(0, count).Select(_ => Random.NextDouble() * 0.95).Order()];
}
