namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// Which of a schema's windows a state keeps. A topic's partitions share payments out by the card, so a partition has all of what a card did, and a part
/// of what came to a merchant, say.
/// </summary>
public enum WindowScope
{
    /// <summary>All of them: of a whole history, or of a topic with one partition.</summary>
    All,

    /// <summary>Those whose key holds the card: one partition is enough for them.</summary>
    OfCard,

    /// <summary>The others: they need the whole topic.</summary>
    OfOthers,
}
