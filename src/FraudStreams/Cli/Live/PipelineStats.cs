using System.Collections.Immutable;
using FraudStreams.Messaging;
using FraudStreams.RateLimiting;

namespace FraudStreams.Cli.Live;

/// <summary>All that the console shows at one moment.</summary>
/// <param name="Running">Since the stream was started.</param>
/// <param name="PerSecond">Records a second since the snapshot before this one.</param>
/// <param name="Groups">How far each consumer group is behind.</param>
/// <param name="ModelVersion">The version that scores, or null where this process does not score.</param>
public sealed record PipelineStats(
    TimeSpan Running,
    StreamTotals Totals,
    StreamRates PerSecond,
    ImmutableArray<GroupLag> Groups,
    Rate Speed1,
    Rate Speed2,
    Rate Speed3,
    string? ModelVersion)
{
    public long? LagOf(string group) => Groups.Where(lag => lag.Group == group).Select(lag => (long?)lag.Lag).FirstOrDefault();
}

/// <summary>Records a second.</summary>
public readonly record struct StreamRates(double Transactions, double Scored, double PredictedFrauds, double Rejected, double Stored, double Alerted)
{
    public static StreamRates Between(StreamTotals before, StreamTotals after, TimeSpan elapsed)
    {
        if (elapsed <= TimeSpan.Zero)
            return default;
        return new StreamRates(
            Rate(before.Transactions, after.Transactions),
            Rate(before.Scored, after.Scored),
            Rate(before.PredictedFrauds, after.PredictedFrauds),
            Rate(before.Rejected, after.Rejected),
            Rate(before.Stored, after.Stored),
            Rate(before.Alerted, after.Alerted));

        double Rate(long from, long to) => (to - from) / elapsed.TotalSeconds;
    }
}
