using System.Text.Json.Serialization;

namespace FraudStreams.Model.Evaluation.Promotion;

/// <summary>What a challenger has to show before it passes the gate. Shares are 0..1.</summary>
public sealed record GateRules
{
    /// <summary>The chance that a challenger that is no better passes at any of all looks, and the one-sided level of the bounds.</summary>
    public const double Level = 0.05;

    /// <summary>Least frauds among the payments that count.</summary>
    public int MinFrauds { get; init; } = 100;

    /// <summary>Least days from the first payment that counts to the last.</summary>
    public double MinDays { get; init; } = 7;

    /// <summary>A challenger that has not passed over so many days has lost.</summary>
    public double MaxDays { get; init; } = 60;

    /// <summary>A label is taken to be final when its payment is older than so many days.</summary>
    public double LabelDelayDays { get; init; } = 7;

    /// <summary>The lower bounds of the differences in average precision and recall must be above the negative of this.</summary>
    public double Margin { get; init; } = 0.02;

    /// <summary>Most alerts, as a multiple of the champion's; infinite where they are not limited.</summary>
    [JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
    public double MaxAlerts { get; init; } = 1.5;

    /// <summary>Most that the expected calibration error may be above the champion's.</summary>
    public double MaxCalibrationLoss { get; init; } = 0.02;

    /// <summary>Most recall that may be lost in a segment, where the loss is more than chance.</summary>
    public double MaxSegmentLoss { get; init; } = 0.1;

    /// <summary>Longest p99 of scoring a batch, where it was measured.</summary>
    public double MaxScoringMilliseconds { get; init; } = 50;
}
