using FraudStreams.Model.Evaluation.Promotion;

namespace FraudStreams.ModelOps.Registry;

/// <summary>What the gate said when an entry was made: the main figures of its report, and the digest by which the report itself is recognized.</summary>
/// <param name="Report">SHA-256 of the report's JSON.</param>
public sealed record RegistryGate(
    string Report, string Champion, string Challenger, GateState State, long Payments, long Frauds, double Days, double AveragePrecision, double ChampionAveragePrecision,
    double DifferenceLower, double RecallDifferenceLower, double EValue, double AlertsADay, double ChampionAlertsADay)
{
    /// <param name="report">One with measures: of a challenger that passed or lost.</param>
    public static RegistryGate Of(GateReport report) => new(
        GateJson.DigestOf(report), report.Champion, report.Challenger, report.State, report.Payments, report.Frauds, report.Days, report.AveragePrecision!.Challenger,
        report.AveragePrecision.Champion, report.AveragePrecision.Lower, report.RecallAtSameAlerts!.Lower, report.Evidence.EValue, report.Guards!.ChallengerAlertsADay,
        report.Guards.ChampionAlertsADay);
}
