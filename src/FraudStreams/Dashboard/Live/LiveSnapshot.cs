using System.Collections.Immutable;
using FraudStreams.RateLimiting;

namespace FraudStreams.Dashboard.Live;

/// <summary>All that the live view shows at one moment; the same object for all who look. Records of topics are those of all hosts, the rest is this process's.</summary>
public sealed record LiveSnapshot(DateTimeOffset At, TimeSpan Running)
{
    public static readonly LiveSnapshot None = new(default, default);

    /// <summary>Null while the topics cannot be asked; what was last known stays.</summary>
    public string? TopicsFault { get; init; }

    public ImmutableSortedDictionary<string, TopicRate> Topics { get; init; } = ImmutableSortedDictionary<string, TopicRate>.Empty;

    public ImmutableSortedDictionary<string, GroupRate> Groups { get; init; } = ImmutableSortedDictionary<string, GroupRate>.Empty;

    /// <summary>One each five seconds, oldest first, of the last ten minutes.</summary>
    public ImmutableArray<RatePoint> History { get; init; } = [];

    /// <summary>Delivered in the last minute.</summary>
    public double AlertsPerMinute { get; init; }

    /// <summary>Payments by score in equal steps from 0 to 1, since somebody looks; empty where this process does not score.</summary>
    public ImmutableArray<ScoreCount> Scores { get; init; } = [];

    public ImmutableArray<RejectedCount> Rejected { get; init; } = [];

    /// <summary>99 of 100 payments were quicker, in seconds, over the last ten seconds; null where this process saw none.</summary>
    public double? ToPrediction { get; init; }

    /// <summary>The same of alerts, over the last minute.</summary>
    public double? ToAlert { get; init; }

    public ImmutableArray<(string Name, Rate Rate)> Valves { get; init; } = [];

    public ImmutableArray<HostView> Hosts { get; init; } = [];

    /// <summary>The version that scores in this process.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>What does not work, in this process and as other hosts report it.</summary>
    public ImmutableArray<Fault> Faults { get; init; } = [];

    public int AlertsWaiting { get; init; }

    public double PerSecondOf(string topic) => Topics.GetValueOrDefault(topic)?.PerSecond ?? 0;

    public GroupRate Group(string name) => Groups.GetValueOrDefault(name) ?? new GroupRate(name, 0, 0, 0, null);
}

/// <param name="Appended">Records ever appended.</param>
public sealed record TopicRate(string Topic, int Partitions, long Appended, double PerSecond);

/// <param name="Why">Why its pipeline fails in this process; null where it does not.</param>
public sealed record GroupRate(string Group, double PerSecond, long Lag, long Restarts, string? Why)
{
    /// <summary>A second's worth of records waits in batches anyway; more than some seconds' worth is behind.</summary>
    public Health Health => Why is not null ? Health.Failing : Lag > Math.Max(1_000, 5 * PerSecond) ? Health.Behind : Health.Good;
}

public enum Health
{
    Good,
    Behind,
    Failing,
}

public sealed record RatePoint(DateTime At, double PaymentsPerSecond, double AlertsPerMinute);

/// <param name="From">Scores from here on.</param>
public sealed record ScoreCount(string From, long Count);

/// <param name="Partitions">What it consumes, such as "score 0, 1".</param>
public sealed record HostView(string Name, string Roles, string Partitions, string? ModelVersion, TimeSpan Age, bool IsHealthy);

/// <param name="Part">What does not work.</param>
/// <param name="Since">Null where it is not known.</param>
public sealed record Fault(string Part, DateTimeOffset? Since, string Why);
