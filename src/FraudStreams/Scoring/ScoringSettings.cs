using FraudStreams.Configuration;

namespace FraudStreams.Scoring;

/// <param name="CarryFeatures">Whether predictions hold what the model was given.</param>
/// <param name="Reasons">Whether predicted frauds hold the reasons of their score.</param>
public sealed record ScoringSettings(int InFlight, TimeSpan AskTimeout, int FailuresBeforeFallback, bool CarryFeatures = false, bool Reasons = false)
{
    public static ScoringSettings From(SettingsSection section, SettingsSection predictions) => new(
        section.Int("in-flight", 1, 64),
        section.Duration("ask-timeout", TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)),
        section.Int("failures-before-fallback", 1, 1000),
        section.OneOf("carry-features", "off", "on") == "on",
        predictions.OneOf("reasons", "alerts", "none") == "alerts");
}
