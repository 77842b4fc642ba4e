using FraudStreams.Diagnostics;
using FraudStreams.Model.Json;

namespace FraudStreams.ModelOps;

/// <summary>Counts why rows could not be read, and reports it once, the most frequent reasons first.</summary>
sealed class RejectCounts
{
    const int Shown = 3;

    readonly Dictionary<string, (long Count, string Example)> _byCode = [];

    public long Count { get; private set; }

    public void Add(RejectReason reason)
    {
        Count++;
        var (count, example) = _byCode.GetValueOrDefault(reason.Code, (0, reason.Message));
        _byCode[reason.Code] = (count + 1, example);
    }

    public void Report(WorkProgress progress)
    {
        if (Count == 0)
            return;
        progress.Warning($"{Count:N0} rows cannot be read and are left out:");
        foreach (var (code, (count, example)) in _byCode.OrderByDescending(entry => entry.Value.Count).Take(Shown))
            progress.Warning($"  {count:N0} × {code}, for example: {example}");
    }
}
