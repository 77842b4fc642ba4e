using Shouldly;

namespace FraudStreams.ChaosTests;

/// <summary>A window of time, in unix milliseconds.</summary>
readonly record struct Window(long From, long To)
{
    public static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    public bool Holds(long at) => at >= From && at < To;
}

/// <summary>Latencies of payments in a window of time, by the records' timestamps.</summary>
sealed class Waiting
{
    /// <summary>At most so many times the median of the quiet window. In windows of seconds other work of the machine counts; an outage that delays does so by its own length.</summary>
    static readonly double s_limit = ChaosForm.Of(1.5, 1.2);

    readonly Ledger _ledger;
    readonly Dictionary<string, long> _sent;

    public Waiting(Ledger ledger)
    {
        _ledger = ledger;
        _sent = ledger.Transactions.ToDictionary(transaction => transaction.Id, transaction => transaction.At);
    }

    /// <summary>Median latency from `transactions` to `predictions`, in milliseconds, of what arrived in the window; a stalled pipeline gives nothing.</summary>
    public double ToPrediction(Window window) => Median(_ledger.Predictions.DistinctBy(p => p.Id).Select(p => new Dated(p.Id, p.At)), window);

    public double ToStore(Window window) => Median(_ledger.Stored.Where(row => row.At > 0).Select(row => new Dated(row.Id, row.At)), window);

    public double ToAlert(Window window) => Median(_ledger.Alerts, window);

    /// <exception cref="SlowerMeanwhileException">The median is above the limit.</exception>
    public static void ShouldBeAsQuick(Chaos chaos, string what, double quiet, double during)
    {
        chaos.Remark($"{what} {quiet:0} ms quiet, {during:0} ms meanwhile ({during / quiet:0.00})");
        if (during > quiet * s_limit)
            throw new SlowerMeanwhileException($"{what}: a median of {during:0} ms, of {quiet:0} ms when all was well; at most {s_limit} times that would be right");
    }

    double Median(IEnumerable<Dated> arrivals, Window window)
    {
        var waits = arrivals.Where(arrival => window.Holds(arrival.At)).Select(arrival => (double)(arrival.At - _sent[arrival.Id])).Order().ToList();
        waits.Count.ShouldBeGreaterThan(10, "payments to take a median of");
        return waits[waits.Count / 2];
    }
}

/// <summary>A pipeline had a higher latency while a server was down that it does not need.</summary>
sealed class SlowerMeanwhileException(string message) : Exception(message);
