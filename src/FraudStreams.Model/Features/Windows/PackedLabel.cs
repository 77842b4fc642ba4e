namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// An event's labels packed in one word: the label in the payment itself and, if there is one, the label from topic `labels` with the time
/// from which it counts.
/// </summary>
static class PackedLabel
{
    const long Own = 1;
    const long Labelled = 2;
    const long LabelledFraud = 4;
    const int TimeShift = 3;

    internal static long Of(bool? ownLabel) => ownLabel == true ? Own : 0;

    /// <summary>Adds a label from the topic; a label known earlier than the current one changes nothing.</summary>
    internal static long WithLabel(long packed, bool fraud, long knownAt) =>
        (packed & Labelled) != 0 && knownAt < KnownAt(packed)
            ? packed
            : (packed & Own) | Labelled | (fraud ? LabelledFraud : 0) | (knownAt << TimeShift);

    /// <summary>Whether the event counts as fraud at a time.</summary>
    internal static bool IsFraud(long packed, long at) =>
        (packed & Labelled) != 0 && at >= KnownAt(packed) ? (packed & LabelledFraud) != 0 : (packed & Own) != 0;

    /// <summary>Whether <see cref="IsFraud"/> changes after a time.</summary>
    internal static bool ChangesAfter(long packed, long at) =>
        (packed & Labelled) != 0 && KnownAt(packed) > at && (packed & LabelledFraud) != 0 != ((packed & Own) != 0);

    internal static long KnownAt(long packed) => packed >> TimeShift;
}
