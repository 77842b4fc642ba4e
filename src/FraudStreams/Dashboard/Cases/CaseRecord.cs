using System.Collections.Immutable;

namespace FraudStreams.Dashboard.Cases;

/// <summary>What people did with a case, folded from its entries. Immutable.</summary>
public sealed record CaseRecord(CaseKey Key)
{
    public int Revision { get; init; }

    public string? HeldBy { get; init; }

    public DateTimeOffset HeldUntil { get; init; }

    /// <summary>The decided payments and what they are.</summary>
    public ImmutableDictionary<string, Outcome> Decided { get; init; } = ImmutableDictionary<string, Outcome>.Empty;

    /// <summary>The last decision; null where there is none, or it was undone.</summary>
    public CaseEvent? Decision { get; init; }

    /// <summary>Decisions whose labels are not in their topic yet.</summary>
    public ImmutableArray<CaseEvent> Unlabelled { get; init; } = [];

    public bool IsHeld(DateTimeOffset now) => HeldBy is not null && now < HeldUntil;

    /// <summary>Null where the entry does not follow the last one.</summary>
    public CaseRecord? After(CaseEvent entry)
    {
        if (entry.Revision != Revision + 1)
            return null;
        var next = this with { Revision = entry.Revision };
        return entry.Action switch
        {
            CaseAction.Held => next with { HeldBy = entry.Actor, HeldUntil = entry.Until ?? entry.At },
            CaseAction.Released => next with { HeldBy = null },
            CaseAction.Decided => next with
            {
                HeldBy = null,
                Decision = entry,
                Unlabelled = entry.Outcome == Outcome.Unsure ? Unlabelled : Unlabelled.Add(entry),
                Decided = Decided.SetItems((entry.Payments ?? []).Select(id => KeyValuePair.Create(id, entry.Outcome ?? Outcome.Unsure))),
            },
            CaseAction.Undone => next with
            {
                HeldBy = entry.Actor,
                HeldUntil = entry.Until ?? entry.At,
                Decision = null,
                Decided = Decided.RemoveRange(Decision?.Payments ?? []),
                Unlabelled = Unlabelled.RemoveAll(decision => decision.Id == Decision?.Id),
            },
            CaseAction.Labelled => next with { Unlabelled = Unlabelled.RemoveAll(decision => decision.Id == entry.Decision) },
            _ => next,
        };
    }
}
