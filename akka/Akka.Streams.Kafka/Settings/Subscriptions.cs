namespace Akka.Streams.Kafka.Settings;

public interface ISubscription
{
}

/// <summary>Partitions are shared out by the group.</summary>
public interface IAutoSubscription : ISubscription
{
}

public static class Subscriptions
{
    public static IAutoSubscription Topics(params string[] topics) => new TopicSubscription(topics);
}

internal sealed record TopicSubscription(string[] Topics) : IAutoSubscription;
