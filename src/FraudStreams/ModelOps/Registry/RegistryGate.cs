using System.Text.Json.Serialization;
using FraudStreams.Model.Evaluation.Promotion;

namespace FraudStreams.ModelOps.Registry;

/// <summary>
/// What the gate said when an entry was made: the main figures of its report, and the digest by which the report itself is recognized. Figures that it had too
/// few payments for are not there.
/// </summary>
/// <param name="Report">SHA-256 of the report's JSON.</param>
public sealed record RegistryGate(string Report, string Champion, string Challenger, GateState State, long Payments, long Frauds, double Days, double EValue)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? AveragePrecision { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? ChampionAveragePrecision { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? DifferenceLower { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? RecallDifferenceLower { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? AlertsADay { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? ChampionAlertsADay { get; init; }

    public static RegistryGate Of(GateReport report) => new(
        GateJson.DigestOf(report), report.Champion, report.Challenger, report.State, report.Payments, report.Frauds, report.Days, report.Evidence.EValue)
    {
        AveragePrecision = report.AveragePrecision?.Challenger,
        ChampionAveragePrecision = report.AveragePrecision?.Champion,
        DifferenceLower = report.AveragePrecision?.Lower,
        RecallDifferenceLower = report.RecallAtSameAlerts?.Lower,
        AlertsADay = report.Guards?.ChallengerAlertsADay,
        ChampionAlertsADay = report.Guards?.ChampionAlertsADay,
    };
}
