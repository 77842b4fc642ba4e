namespace FraudStreams.Topics;

/// <summary>
/// The topics of the pipelines, by the names that the program and its settings have for them; what they are called where they are is a setting
/// (<see cref="TopicSettings.NameOf"/>).
/// </summary>
static class TopicNames
{
    /// <summary>The payments that are scored, keyed by card: a topic of others that is so, or ours.</summary>
    public const string Transactions = "transactions";

    /// <summary>Where `transactions` is filled from a topic of others: that one, with any key and form.</summary>
    public const string Source = "source";

    public const string Predictions = "predictions";
    public const string Rejected = "rejected";

    /// <summary>One record for each alert that was delivered.</summary>
    public const string Alerts = "alerts";

    /// <summary>One record for each alert, and recipient, that a server refused for good.</summary>
    public const string Undelivered = "undelivered";

    /// <summary>The confirmed labels of payments, keyed by the payments' ids.</summary>
    public const string Labels = "labels";

    /// <summary>What the challenger says of the payments that the champion decided.</summary>
    public const string Shadow = "shadow";

    /// <summary>What all hosts counted of features and scores, by hour and version, and what labels later said. Never shortened here.</summary>
    public const string Drift = "drift";

    /// <summary>The history of the model registry, and the versions' artifacts. Opened by itself, and never shortened.</summary>
    public const string Models = "models";

    /// <summary>What people did with cases of alerts: held, decided, undone. Opened by itself, and never shortened.</summary>
    public const string Cases = "cases";

    /// <summary>The API keys, hashed: added and revoked. Never shortened.</summary>
    public const string Keys = "keys";

    /// <summary>Changes that have no log of their own: who, what, before, after. Never shortened.</summary>
    public const string Audit = "audit";

    /// <summary>Snapshots of windows, on Kafka.</summary>
    public const string Memory = "memory";
}
