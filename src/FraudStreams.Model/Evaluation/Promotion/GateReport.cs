using System.Collections.Immutable;

namespace FraudStreams.Model.Evaluation.Promotion;

/// <summary>What the gate says of a challenger.</summary>
public enum GateState
{
    /// <summary>There is too little to judge by, or too little evidence yet.</summary>
    NotYet,

    /// <summary>As it stands it is not to go into service; the report has the reasons.</summary>
    Refused,

    /// <summary>It is better than the champion, and nothing speaks against it.</summary>
    Passed,
}

/// <summary>States as people read them.</summary>
public static class GateStates
{
    public static string InWords(this GateState state) => state switch
    {
        GateState.Passed => "passed",
        GateState.Refused => "refused",
        _ => "not yet",
    };
}

/// <summary>A look of the gate: champion and challenger on the payments that both scored live, with the decision and its reasons.</summary>
/// <param name="Reasons">Why it has not passed, a sentence each; empty where it has.</param>
/// <param name="IsLost">More payments will not help it: it is clearly worse, or its time is over.</param>
/// <param name="From">Event time of the first payment that counts; null without one.</param>
/// <param name="To">Event time of the last.</param>
/// <param name="LeftOutOfTraining">Payments that do not count, since they are not later than the challenger's training data.</param>
/// <param name="LeftOutImmature">Payments that do not count yet, since they are not older than the label delay.</param>
/// <param name="AveragePrecision">Null where there is too little to measure it.</param>
/// <param name="RecallAtSameAlerts">Recall if each model's highest scores were alerts, as many as the champion gave; null as above.</param>
public sealed record GateReport(
    string Champion, string Challenger, GateState State, ImmutableArray<string> Reasons, bool IsLost, DateTimeOffset TrainedTo, DateTimeOffset? From, DateTimeOffset? To,
    long Payments, long Frauds, long Cards, long LeftOutOfTraining, long LeftOutImmature, GateDifference? AveragePrecision, GateDifference? RecallAtSameAlerts,
    GateEvidence Evidence, GateGuards? Guards, ImmutableArray<GateSegment> Segments, GateRules Rules)
{
    /// <summary>Payments that do not count, since they have no label.</summary>
    public long LeftOutUnlabelled { get; init; }

    /// <summary>Payments that do not count, since their label was known before the challenger scored them: it may have learnt it.</summary>
    public long LeftOutKnown { get; init; }

    /// <summary>Precision and recall of each model over its thresholds, at most 101 points.</summary>
    public ImmutableArray<CurvePoint> ChampionCurve { get; init; } = [];

    /// <inheritdoc cref="ChampionCurve"/>
    public ImmutableArray<CurvePoint> ChallengerCurve { get; init; } = [];

    /// <summary>From the first payment that counts to the last, in days.</summary>
    public double Days => From is { } from && To is { } to ? (to - from).TotalDays : 0;
}

/// <summary>A measure of both models, 0..1.</summary>
/// <param name="Lower">One-sided 95% lower bound of the difference, challenger less champion.</param>
/// <param name="Upper">One-sided 95% upper bound.</param>
/// <param name="SmallestVisible">The difference that would be found with a chance of 80% on so many payments, at the 5% level.</param>
public sealed record GateDifference(double Champion, double Challenger, double Difference, double Lower, double Upper, double SmallestVisible);

/// <summary>The anytime-valid evidence of <see cref="BettingEvidence"/>.</summary>
/// <param name="ChallengerHigher">Cards whose frauds the challenger ranked higher.</param>
/// <param name="ChampionHigher">Cards whose frauds the champion ranked higher.</param>
/// <param name="EValue">How often the bettors have multiplied their wealth.</param>
/// <param name="Needed">From here on a challenger passes: 1/α.</param>
public sealed record GateEvidence(int ChallengerHigher, int ChampionHigher, double EValue, double Needed);

/// <summary>What a challenger must not make worse, each by its own threshold and scores.</summary>
/// <param name="ChampionCalibrationError">Expected calibration error, 0..1.</param>
/// <param name="ScoringP99Milliseconds">Of a batch by the challenger; null where it was not measured.</param>
public sealed record GateGuards(
    double ChampionAlertsADay, double ChallengerAlertsADay, double ChampionPrecision, double ChallengerPrecision, double ChampionCalibrationError,
    double ChallengerCalibrationError, double? ScoringP99Milliseconds);

/// <summary>Recall at the models' own thresholds among payments of some amounts.</summary>
/// <param name="Upper">One-sided 95% upper bound of the difference, challenger less champion: below 0 the loss is more than chance.</param>
/// <param name="IsWorst">The segment in which the challenger loses most, or gains least.</param>
public sealed record GateSegment(string Name, long Frauds, double ChampionRecall, double ChallengerRecall, double Upper, bool IsWorst)
{
    public double Difference => ChallengerRecall - ChampionRecall;
}
