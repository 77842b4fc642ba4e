using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Tests.Features.Windows;

/// <summary>A reference implementation of the window definitions: computes every payment from all payments before it.</summary>
sealed class NaiveWindows(IReadOnlyList<WindowFeature> windows)
{
    const long DayMilliseconds = 86_400_000;

    readonly List<Payment> _payments = [];
    readonly List<(string Id, bool Fraud, long KnownAt)> _labels = [];
    readonly HashSet<int> _known = [];
    readonly Dictionary<WindowFeature, HashSet<int>> _notKept = windows.ToDictionary(w => w, _ => new HashSet<int>());
    long _watermark = long.MinValue;
    long _moment = long.MinValue;

    internal void Label(string id, bool fraud, long knownAt) => _labels.Add((id, fraud, knownAt));

    internal double[] Advance(Payment payment)
    {
        var last = _payments.TakeLast(63).Select(p => p.Milliseconds).Order().ToList();
        _moment = Math.Max(_moment, last.Count == 0 ? payment.Milliseconds : Math.Min(payment.Milliseconds, last[Math.Max(0, last.Count - 8)] + (30 * DayMilliseconds)));
        _known.UnionWith(Enumerable.Range(0, _labels.Count).Where(label => _labels[label].KnownAt <= _moment));
        _payments.Add(payment);
        if (_payments.Count >= 63)
            _watermark = Math.Max(_watermark, _payments.TakeLast(63).Select(p => p.Milliseconds).Order().ElementAt(31));
        return [.. windows.Select(window => Value(window, payment, _payments.Count - 1))];
    }

    double Value(WindowFeature window, Payment payment, int position)
    {
        if (Key(window, payment) is not { } key)
            return double.NaN;
        var reach = windows.Where(w => w.By.SequenceEqual(window.By)).Max(w => Ms(w.Over) + Ms(w.Delay));
        var horizon = _watermark == long.MinValue ? long.MinValue : _watermark - reach - DayMilliseconds;
        var isKept = payment.Milliseconds > horizon && (_watermark == long.MinValue || payment.Milliseconds <= _watermark + (3650 * DayMilliseconds));
        if (!isKept)
            _notKept[window].Add(position);
        var end = payment.Milliseconds - Ms(window.Delay);
        var seen = Enumerable.Range(0, isKept ? position : 0)
            .Where(p => !_notKept[window].Contains(p) && Key(window, _payments[p]) == key)
            .Where(p => _payments[p].Milliseconds > horizon)
            .Where(p => _payments[p].Milliseconds <= end && _payments[p].Milliseconds > end - Ms(window.Over))
            .Select(p => _payments[p])
            .ToList();
        var others = seen.ToList();
        if (window.CountsItself && window.Delay == TimeSpan.Zero)
            seen.Add(payment);
        var amounts = seen.Where(p => p.Amount is not null).Select(p => p.Amount!.Value).ToList();
        return window.Kind switch
        {
            WindowKind.Count => seen.Count,
            WindowKind.Sum => amounts.Sum(),
            WindowKind.Mean => amounts.Count == 0 ? double.NaN : amounts.Average(),
            WindowKind.StandardDeviation => amounts.Count == 0 ? double.NaN : Math.Sqrt(amounts.Average(a => Math.Pow(a - amounts.Average(), 2))),
            WindowKind.Max => amounts.Count == 0 ? double.NaN : amounts.Max(),
            WindowKind.Distinct => seen.Select(p => p.Shop).OfType<string>().Distinct().Count(),
            WindowKind.FraudShare => seen.Count == 0 ? 0 : (double)seen.Count(p => IsFraud(p, payment.Milliseconds)) / seen.Count,
            _ => others.Count == 0 ? double.NaN : payment.Time - others.Max(p => p.Time),
        };
    }

    bool IsFraud(Payment payment, long at)
    {
        var labels = _labels.Where((l, number) => _known.Contains(number) && l.Id == payment.Id).ToList();
        if (labels.Count == 0)
            return payment.Fraud == true;
        var known = labels.Max(l => l.KnownAt);
        return at >= known ? labels.Last(l => l.KnownAt == known).Fraud : payment.Fraud == true;
    }

    static string? Key(WindowFeature window, Payment payment)
    {
        var parts = window.By.Select(field => field == "card" ? payment.Card : payment.Shop).ToArray();
        return parts.Contains(null) ? null : string.Join('|', parts);
    }

    static long Ms(TimeSpan time) => (long)time.TotalMilliseconds;
}
