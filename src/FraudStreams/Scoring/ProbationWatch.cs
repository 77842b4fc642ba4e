using System.Globalization;
using FraudStreams.ModelOps.Registry;

namespace FraudStreams.Scoring;

/// <summary>
/// Watches a version that was just put into service, on this host: batches that fail, batches that take long, and how many frauds it predicts beside the
/// version before it, which scores the same payments in its shadow. Any thread may call.
/// </summary>
sealed class ProbationWatch(ProbationSettings settings)
{
    /// <summary>Fewer batches that fail or are slow may be chance.</summary>
    const int FewestBatches = 3;

    /// <summary>Standard deviations of a count of frauds: chance alone almost never passes that.</summary>
    const double Deviations = 3;

    readonly Lock _gate = new();
    (long Entry, string Champion, string Former)? _watched;
    long _batches, _failed, _slow, _alerts, _formerAlerts, _payments;

    /// <summary>The version that is out of bounds, and why; null where none is.</summary>
    public (string Version, string Why)? OutOfBounds
    {
        get
        {
            lock (_gate)
                return _watched is { } watched && Why() is { } why ? (watched.Champion, why) : null;
        }
    }

    /// <summary>Begins with a promotion; nothing where that one is watched already.</summary>
    /// <param name="entry">The registry's entry of it.</param>
    public void Begin(long entry, string champion, string former)
    {
        lock (_gate)
        {
            if (_watched?.Entry == entry)
                return;
            _watched = (entry, champion, former);
            (_batches, _failed, _slow, _alerts, _formerAlerts, _payments) = (0, 0, 0, 0, 0, 0);
        }
    }

    public void End()
    {
        lock (_gate)
            _watched = null;
    }

    public void Worked(string version, TimeSpan took)
    {
        lock (_gate)
        {
            if (_watched?.Champion != version)
                return;
            _batches++;
            _slow += took > settings.Latency ? 1 : 0;
        }
    }

    public void Failed(string version)
    {
        lock (_gate)
        {
            if (_watched?.Champion != version)
                return;
            _batches++;
            _failed++;
        }
    }

    /// <summary>Both scored the same payments.</summary>
    public void Compared(string champion, string challenger, int payments, int alerts, int challengerAlerts)
    {
        lock (_gate)
        {
            if (_watched is not { } watched || (watched.Champion, watched.Former) != (champion, challenger))
                return;
            _payments += payments;
            _alerts += alerts;
            _formerAlerts += challengerAlerts;
        }
    }

    string? Why()
    {
        if (IsTooMany(_failed))
            return Text($"on probation, {_failed:N0} of its {_batches:N0} batches failed on {ModelRegistry.Program}: {settings.Errors:P0} may");
        if (IsTooMany(_slow))
            return Text($"on probation, {_slow:N0} of its {_batches:N0} batches took longer than {settings.Latency.TotalMilliseconds:N0} ms on {ModelRegistry.Program}: {settings.Errors:P0} may");
        return IsMore(_alerts, _formerAlerts) || IsMore(_formerAlerts, _alerts)
            ? Text($"on probation, it predicts {_alerts:N0} frauds in {_payments:N0} payments on {ModelRegistry.Program} and the version before it {_formerAlerts:N0}: a factor of {settings.Alerts:0.#} is allowed")
            : null;
    }

    bool IsTooMany(long batches) => batches >= FewestBatches && batches > settings.Errors * _batches;

    /// <summary>Whether one rate is above the factor times the other, each taken by its deviation to the other's side; 3 is the usual upper bound of a count of 0.</summary>
    bool IsMore(long one, long other) => one - (Deviations * Math.Sqrt(one)) > settings.Alerts * (other + 3 + (Deviations * Math.Sqrt(other)));

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
