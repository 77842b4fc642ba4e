namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// What is known of an event's fraud, in one word: whether the payment itself says so, and the label from the topic, if there is one,
/// with the time from which it counts.
/// </summary>
static class PackedLabel
{
    const long Own = 1;
    const long Labelled = 2;
    const long LabelledFraud = 4;
    const int TimeShift = 3;

    internal static long Of(bool? ownLabel) => ownLabel == true ? Own : 0;

    /// <summary>The mark with a label; a label known before the one that it has changes nothing.</summary>
    internal static long WithLabel(long mark, bool fraud, long knownAt) =>
        (mark & Labelled) != 0 && knownAt < KnownAt(mark)
            ? mark
            : (mark & Own) | Labelled | (fraud ? LabelledFraud : 0) | (knownAt << TimeShift);

    /// <summary>What counts at a time.</summary>
    internal static bool IsFraud(long mark, long at) =>
        (mark & Labelled) != 0 && at >= KnownAt(mark) ? (mark & LabelledFraud) != 0 : (mark & Own) != 0;

    /// <summary>Whether what counts changes after a time.</summary>
    internal static bool ChangesAfter(long mark, long at) =>
        (mark & Labelled) != 0 && KnownAt(mark) > at && (mark & LabelledFraud) != 0 != ((mark & Own) != 0);

    internal static long KnownAt(long mark) => mark >> TimeShift;
}
