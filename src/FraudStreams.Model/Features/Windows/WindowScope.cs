namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// Which of a schema's windows a state keeps. Payments are partitioned by card, so a partition has all payments of a card, but only some of the
/// payments of, say, a merchant.
/// </summary>
public enum WindowScope
{
    /// <summary>All windows: for a complete history, or a topic with one partition.</summary>
    All,

    /// <summary>Windows whose key includes the card: one partition is enough.</summary>
    OfCard,

    /// <summary>Windows by other keys: they need all partitions of the topic.</summary>
    OfOthers,
}
