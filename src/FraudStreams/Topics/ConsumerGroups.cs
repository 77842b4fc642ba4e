namespace FraudStreams.Topics;

/// <summary>The consumer groups of the pipelines, and the group under which the simulator commits its offset in its source.</summary>
static class ConsumerGroups
{
    public const string Simulate = "simulate";
    public const string Score = "score";
    public const string Alert = "alert";
    public const string Store = "store";
    public const string Label = "label";
    public const string Shadow = "shadow";

    /// <summary>Consumes no topic: the name of the pipeline that trains.</summary>
    public const string Train = "train";

    /// <summary>Commits the offsets up to which the deliveries of the alert journals are published.</summary>
    public const string DeliveryLog = "alert-records";
}
