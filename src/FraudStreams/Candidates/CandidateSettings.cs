using FraudStreams.Configuration;
using FraudStreams.Model.Drift;
using FraudStreams.Model.Evaluation.Promotion;

namespace FraudStreams.Candidates;

/// <summary>Who puts a challenger that passed the gate into service.</summary>
public enum PromotionMode
{
    /// <summary>A person, who asks the gate with `models gate`; the stream does not look by itself.</summary>
    Manual,

    /// <summary>A person; the stream looks, and says when one has passed or lost.</summary>
    Suggest,

    /// <summary>The stream, with models.approvals as for a person's promotion.</summary>
    Automatic,
}

/// <summary>`models.promotion`, `models.gate`, `models.drift` and `models.retrain`: all of them are read again while the stream runs; `models.approvals` is not.</summary>
public sealed record CandidateSettings(PromotionMode Promotion, GateSettings Gate, DriftSettings Drift, RetrainSettings Retrain, int Approvals)
{
    /// <summary>Whether the stream looks at the gate, watches for drift or trains by itself.</summary>
    public bool IsOn => Promotion != PromotionMode.Manual || Drift.IsOn || Retrain.IsOn;

    public static CandidateSettings From(SettingsSection models) => new(
        models.Choice("promotion", ("manual", PromotionMode.Manual), ("suggest", PromotionMode.Suggest), ("automatic", PromotionMode.Automatic)),
        GateSettings.From(models.Section("gate")),
        DriftSettings.From(models.Section("drift")),
        RetrainSettings.From(models.Section("retrain")),
        models.Int("approvals", 0, 10));
}

/// <param name="Every">How often the stream looks at the gate.</param>
public sealed record GateSettings(TimeSpan Every, GateRules Rules)
{
    public static GateSettings From(SettingsSection section) => new(
        section.Duration("every", TimeSpan.FromSeconds(1), TimeSpan.FromDays(30)),
        new GateRules
        {
            MinFrauds = section.Int("min-frauds", 10, 1_000_000),
            MinDays = section.Duration("min-time", TimeSpan.Zero, TimeSpan.FromDays(3650)).TotalDays,
            MaxDays = section.Duration("max-time", TimeSpan.FromHours(1), TimeSpan.FromDays(3650)).TotalDays,
            LabelDelayDays = section.Duration("label-delay", TimeSpan.Zero, TimeSpan.FromDays(3650)).TotalDays,
            Margin = section.Number("margin", 0, 1),
            MaxAlerts = section.Number("max-alerts", 0.999, 1000),
            MaxScoringMilliseconds = section.Duration("max-scoring-time", TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)).TotalMilliseconds,
        });
}

/// <param name="IsOn">Whether the stream judges what it counted, as often as it looks at the gate.</param>
public sealed record DriftSettings(bool IsOn, DriftRules Rules)
{
    public static DriftSettings From(SettingsSection section)
    {
        var window = section.Duration("window", TimeSpan.FromHours(1), TimeSpan.FromDays(7));
        if (window.Ticks % TimeSpan.TicksPerHour != 0)
            section.Add("window", "must be whole hours");
        var (confirm, of) = (section.Int("confirm", 1, 100), section.Int("of", 1, 100));
        if (confirm > of)
            section.Add("confirm", $"must be at most of, {of}");
        return new DriftSettings(section.OneOf("watch", "off", "on") == "on", new DriftRules
        {
            WindowHours = Math.Max(1, (int)window.TotalHours),
            Confirm = confirm,
            Of = of,
            MinEffect = section.Number("min-effect", 0, 10),
            DaysPerFalseAlarm = section.Duration("false-alarm-every", TimeSpan.FromDays(1), TimeSpan.FromDays(3650)).TotalDays,
            MinPayments = section.Int("min-payments", 1, int.MaxValue),
        });
    }
}

/// <summary>Which feature values a new challenger learns from.</summary>
public enum RetrainFeatures
{
    /// <summary>Computed anew from the stored payments, with what is known of them by now.</summary>
    Recomputed,

    /// <summary>Those that the payments were scored with, as far back as the topic of predictions keeps them and they carry them.</summary>
    AsScored,
}

/// <summary>When a new challenger is trained, and on what.</summary>
/// <param name="MinNewLabels">So many labelled payments that no version has learnt from; 0: never for that reason.</param>
/// <param name="MinAveragePrecision">The lower bound of the champion's average precision is below this; 0: never for that reason.</param>
/// <param name="Every">So long after the last training; null: never for that reason.</param>
/// <param name="OnDrift">A drift is confirmed.</param>
/// <param name="CoolDown">Least time from one training to the next, whatever asks for it but a person.</param>
/// <param name="History">How far back payments are learnt from.</param>
public sealed record RetrainSettings(int MinNewLabels, double MinAveragePrecision, TimeSpan? Every, bool OnDrift, TimeSpan CoolDown, TimeSpan History, RetrainFeatures Features)
{
    /// <summary>Whether anything but a person asks for a training.</summary>
    public bool IsOn => MinNewLabels > 0 || MinAveragePrecision > 0 || Every is not null || OnDrift;

    public static RetrainSettings From(SettingsSection section) => new(
        section.Int("min-new-labels", 0, int.MaxValue),
        section.Number("min-average-precision", -1e-9, 1),
        section.DurationOrInfinite("every", TimeSpan.FromMinutes(1)),
        section.OneOf("on-drift", "off", "on") == "on",
        section.Duration("cool-down", TimeSpan.Zero, TimeSpan.FromDays(3650)),
        section.Duration("history", TimeSpan.FromDays(1), TimeSpan.FromDays(36500)),
        section.Choice("features", ("recomputed", RetrainFeatures.Recomputed), ("as-scored", RetrainFeatures.AsScored)));
}

/// <summary>The settings in force; replaced when a configuration file is saved. Any thread may call.</summary>
public sealed class LiveCandidateSettings(CandidateSettings settings)
{
    volatile CandidateSettings _current = settings;

    public CandidateSettings Current
    {
        get => _current;
        set => _current = value;
    }
}
