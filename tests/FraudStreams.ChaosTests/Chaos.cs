namespace FraudStreams.ChaosTests;

/// <summary>A scenario's random numbers, all from its seed, and its injected faults.</summary>
sealed class Chaos(int seed)
{
    readonly SortedDictionary<string, int> _faults = new(StringComparer.Ordinal);

    public int Seed { get; } = seed;

    public Random Random { get; } = new(seed);

    /// <summary>Further measurements, for the report.</summary>
    public string Remarks { get; private set; } = "";

    /// <summary>
    /// Crashes between sending a mail and persisting its outcome: of a process that sends, or of the server before it answered. Each may repeat the one
    /// mail that is in flight.
    /// </summary>
    public int Crashes { get; private set; }

    /// <summary>A fault may have come between publishing and committing, where those are two steps.</summary>
    public bool MayRepeatPredictions { get; private set; }

    /// <summary>Checks at the end beside the <see cref="Invariants"/>.</summary>
    public List<Action<Ledger>> Afterwards { get; } = [];

    public string Faults => _faults.Count == 0 ? "none" : string.Join(", ", _faults.Select(fault => $"{fault.Value} × {fault.Key}"));

    /// <param name="fault">In words.</param>
    /// <param name="mayRepeatMails">A sender or receiver of mails crashed or was cut off.</param>
    /// <param name="isOrderly">An orderly stop: nothing may be repeated.</param>
    public void Did(string fault, bool mayRepeatMails = false, bool isOrderly = false)
    {
        _faults[fault] = _faults.GetValueOrDefault(fault) + 1;
        MayRepeatPredictions |= !isOrderly;
        if (mayRepeatMails)
            Crashes++;
    }

    public void Remark(string remark) => Remarks = Remarks.Length == 0 ? remark : $"{Remarks}; {remark}";

    /// <summary>So many points of a run, ascending, from 0 to nearly 1.</summary>
    public List<double> Moments(int count) => [.. Enumerable.Range(0, count).Select(_ => Random.NextDouble() * 0.95).Order()];
}
