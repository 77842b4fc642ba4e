using System.Collections.Immutable;

namespace FraudStreams.Topics;

/// <summary>The topics of the flow.</summary>
static class Topic
{
    public const string Transactions = "transactions";
    public const string Predictions = "predictions";
    public const string Rejected = "rejected";

    /// <summary>One record for each alert that was delivered.</summary>
    public const string Alerts = "alerts";

    /// <summary>One record for each alert, and recipient, that a server refused for good.</summary>
    public const string Undelivered = "undelivered";

    /// <summary>What was confirmed about payments, keyed by their ids.</summary>
    public const string Labels = "labels";
}

/// <summary>The consumer groups of the flow, and the group that keeps the simulator's place in its source.</summary>
static class Groups
{
    public const string Simulate = "simulate";
    public const string Score = "score";
    public const string Alert = "alert";
    public const string Store = "store";
    public const string Label = "label";

    /// <summary>Keeps the place in the journals of alerts up to which deliveries are on record.</summary>
    public const string AlertRecords = "alert-records";

    /// <summary>The groups that consume topics, each with its topic.</summary>
    public static readonly ImmutableArray<(string Group, string Topic)> Consumers =
        [(Score, Topic.Transactions), (Alert, Topic.Predictions), (Store, Topic.Predictions), (Label, Topic.Labels)];
}
