using System.Collections.Immutable;
using FraudStreams.ModelOps.Registry;

namespace FraudStreams.Dashboard.Models;

/// <summary>The registry as the page shows it.</summary>
/// <param name="List">Its versions latest first.</param>
/// <param name="History">Latest first.</param>
/// <param name="Previous">What a roll-back would put into service; null where nothing can be.</param>
sealed record ShownModels(ModelList List, ImmutableArray<HistoryLine> History, string? Previous)
{
    public static ShownModels Of(ModelService models)
    {
        var list = models.List();
        return new ShownModels(
            list with { Versions = list.Versions.Sort((a, b) => b.CreatedAt.CompareTo(a.CreatedAt)) }, [.. models.State.History.Reverse().Select(HistoryLine.Of)],
            models.State.Before is [var before, ..] ? before : null);
    }
}
