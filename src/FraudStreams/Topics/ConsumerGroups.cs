using System.Collections.Immutable;

namespace FraudStreams.Topics;

/// <summary>The consumer groups of the flow, and the group that keeps the simulator's place in its source.</summary>
static class ConsumerGroups
{
    public const string Simulate = "simulate";
    public const string Score = "score";
    public const string Alert = "alert";
    public const string Store = "store";
    public const string Label = "label";

    /// <summary>Keeps the place in the journals of alerts up to which deliveries are on record.</summary>
    public const string DeliveryLog = "alert-records";

    /// <summary>The groups that consume topics, each with its topic.</summary>
    public static readonly ImmutableArray<(string Group, string Topic)> Consumers =
        [(Score, TopicNames.Transactions), (Alert, TopicNames.Predictions), (Store, TopicNames.Predictions), (Label, TopicNames.Labels)];
}
