using FraudStreams.Diagnostics;
using FraudStreams.Model.Json;
using FraudStreams.Simulation;

namespace FraudStreams.ModelOps;

/// <summary>Counts what is left out of a history and why, and says so in one table.</summary>
sealed class LeftOut
{
    readonly Dictionary<string, (long Count, string Example)> _reasons = [];

    /// <summary>Rows that could not be read.</summary>
    public long Rejected { get; private set; }

    /// <summary>All that is left out, for whatever reason.</summary>
    public long Count => _reasons.Values.Sum(reason => reason.Count);

    /// <summary>A row that cannot be read.</summary>
    public void Add(RejectReason reason)
    {
        Rejected++;
        Add(reason.Code, 1, reason.Message);
    }

    /// <summary>Rows that can be read and are not used.</summary>
    /// <param name="explanation">What the reason means, or an example of it.</param>
    public void Add(string reason, long count, string explanation)
    {
        if (count == 0)
            return;
        var (before, first) = _reasons.GetValueOrDefault(reason, (0, explanation));
        _reasons[reason] = (before + count, first);
    }

    /// <summary>The table, the most frequent reasons first; nothing where nothing was left out.</summary>
    /// <param name="history">The history's name.</param>
    /// <param name="kept">Rows that are used.</param>
    public void Report(WorkProgress progress, string history, long kept)
    {
        if (_reasons.Count == 0)
            return;
        var rows = _reasons.OrderByDescending(reason => reason.Value.Count).ThenBy(reason => reason.Key, StringComparer.Ordinal).ToList();
        var width = rows.Max(row => row.Key.Length);
        progress.Warning($"Left out of {history}, {Count:N0} of {Count + kept:N0} rows:");
        foreach (var (reason, (count, example)) in rows)
            progress.Warning($"  {count,10:N0}  {reason.PadRight(width)}  {example}");
    }

    /// <exception cref="TooManyRejectedException">More was rejected than may be.</exception>
    public void Check(InputSettings? input, string history, long kept)
    {
        if (input?.Refusal(history, Rejected, Count + kept) is { } refusal)
            throw new TooManyRejectedException(refusal);
    }
}
