using System.Globalization;

namespace FraudStreams.Candidates;

/// <summary>What a decision to train rests on.</summary>
/// <param name="LastTraining">When the last training was begun, of any host; null where there was none.</param>
/// <param name="IsJudged">A challenger is being judged: it is not replaced.</param>
/// <param name="HasLost">The last challenger has lost at the gate.</param>
/// <param name="NewLabels">Labelled payments, older than the label delay, that no version has learnt from.</param>
/// <param name="PrecisionLower">Lower bound of the champion's average precision; null where there is too little to say.</param>
sealed record RetrainFacts(DateTimeOffset Now, DateTimeOffset? LastTraining, bool IsJudged, bool HasLost, long NewLabels, double? PrecisionLower)
{
    /// <summary>What has drifted, as the drift watch says; null where nothing has. Drift trains a challenger; only labels promote.</summary>
    public string? Drift { get; init; }
}

/// <summary>When a new challenger is trained.</summary>
static class RetrainTriggers
{
    /// <summary>Why a training is due; null where none is.</summary>
    public static string? Due(RetrainFacts facts, RetrainSettings settings)
    {
        if (!settings.IsOn || facts.IsJudged || facts.NewLabels == 0 || (facts.LastTraining is { } last && facts.Now - last < settings.CoolDown))
            return null;
        if (facts.HasLost)
            return $"the last challenger has lost at the gate; {facts.NewLabels:N0} labels are new";
        if (settings.MinNewLabels > 0 && facts.NewLabels >= settings.MinNewLabels)
            return $"{facts.NewLabels:N0} labels are new, of {settings.MinNewLabels:N0} (min-new-labels)";
        if (facts.PrecisionLower is { } lower && lower < settings.MinAveragePrecision)
            return string.Create(CultureInfo.InvariantCulture, $"the lower bound of the champion's average precision is {lower:0.000}, below {settings.MinAveragePrecision:0.###} (min-average-precision)");
        if (settings.OnDrift && facts.Drift is { } drift)
            return drift;
        return settings.Every is { } every && (facts.LastTraining is null || facts.Now - facts.LastTraining >= every) ? $"the schedule: every {every}" : null;
    }
}
