using System.Collections.Immutable;

namespace FraudStreams.Topics;

/// <summary>The consumer groups of the pipelines, and the group under which the simulator commits its offset in its source.</summary>
static class ConsumerGroups
{
    public const string Simulate = "simulate";
    public const string Score = "score";

    /// <summary>Fills `transactions` from a topic of others.</summary>
    public const string Rekey = "rekey";
    public const string Alert = "alert";
    public const string Store = "store";
    public const string Label = "label";
    public const string Shadow = "shadow";

    /// <summary>Consumes no topic: the name of the pipeline that trains.</summary>
    public const string Train = "train";

    /// <summary>Commits the offsets up to which the deliveries of the alert journals are published.</summary>
    public const string DeliveryLog = "alert-records";

    /// <summary>
    /// The groups that consume topics, each with its topic, in the order of a payment's way; <see cref="Rekey"/> only where there is a topic of others
    /// (<see cref="TopicSettings.Consumers"/>).
    /// </summary>
    public static ImmutableArray<(string Group, string Topic)> Consumers { get; } =
    [
        (Rekey, TopicNames.Source), (Score, TopicNames.Transactions), (Alert, TopicNames.Predictions), (Shadow, TopicNames.Shadow), (Label, TopicNames.Labels), (Store, TopicNames.Predictions),
    ];

    /// <summary>The topic that a group consumes; null for a name that is none of theirs.</summary>
    public static string? TopicOf(string group) => Consumers.FirstOrDefault(consumer => consumer.Group == group).Topic;
}
