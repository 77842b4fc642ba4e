namespace FraudStreams.Model.Drift;

/// <summary>When a difference to the reference is an alarm.</summary>
public sealed record DriftRules
{
    /// <summary>Hours of event time that are compared at once, aligned to 1970-01-01 (UTC): 24 are UTC days.</summary>
    public int WindowHours { get; init; } = 24;

    /// <summary>A window is confirmed as drifted with so many …</summary>
    public int Confirm { get; init; } = 2;

    /// <summary>… of the last so many.</summary>
    public int Of { get; init; } = 3;

    /// <summary>
    /// Least effect: the greatest of Wasserstein/σ of values and of ranks and PSI of a number, of Jensen-Shannon distance and PSI of a category or the score; the difference of a
    /// share of missing values, of precision or recall; log10 of the ratio of alerts.
    /// </summary>
    public double MinEffect { get; init; } = 0.1;

    /// <summary>Most false alarms: one in so many days, over all features. Holm's level of a window follows from it.</summary>
    public double DaysPerFalseAlarm { get; init; } = 90;

    /// <summary>A window with fewer payments says nothing.</summary>
    public int MinPayments { get; init; } = 100;

    /// <summary>The share of windows that may flag anything without drift: an alarm takes <see cref="Confirm"/> of them, however they depend on each other.</summary>
    public double Level => Math.Min(0.05, Confirm * WindowHours / 24.0 / DaysPerFalseAlarm);
}
