using FraudStreams.Model.Evaluation.Promotion;

namespace FraudStreams.ModelOps.Registry;

/// <summary>A version as the registry knows it.</summary>
/// <param name="Threshold">The one in force: the card's own, or what it was changed to.</param>
/// <param name="Failure">Why it cannot be used; null where it is ready.</param>
public sealed record RegisteredVersion(string Version, RegisteredModel Model, DateTimeOffset RegisteredAt, string RegisteredBy, double Threshold, string? Failure)
{
    public string Status => Failure is null ? "READY" : "FAILED";
}

/// <summary>A promotion that waits for approvals.</summary>
public sealed record PromotionRequest(RegistryEvent Entry, IReadOnlyList<string> ApprovedBy)
{
    public int Missing => (Entry.Approvals ?? 0) - ApprovedBy.Count;
}

/// <summary>
/// The registry as of its last entry: versions, champion, open requests. Folded from the entries alone: the same entries give the same state on every host.
/// An entry counts if it follows the one before, by number and hash; of two that were written at once, the second does not and is made anew by its writer.
/// </summary>
public sealed class RegistryState
{
    readonly List<RegistryEvent> _history = [];
    readonly SortedDictionary<string, RegisteredVersion> _versions = new(StringComparer.Ordinal);
    readonly Dictionary<string, PromotionRequest> _requests = [];
    readonly List<string> _before = [];

    public IReadOnlyList<RegistryEvent> History => _history;

    public IReadOnlyDictionary<string, RegisteredVersion> Versions => _versions;

    /// <summary>By version.</summary>
    public IReadOnlyDictionary<string, PromotionRequest> Requests => _requests;

    /// <summary>The version in service; null where there is none yet.</summary>
    public string? Champion { get; private set; }

    /// <summary>The entry that put the champion into service.</summary>
    public RegistryEvent? InService { get; private set; }

    /// <summary>The version that scores in the champion's shadow; null where there is none.</summary>
    public string? Challenger { get; private set; }

    /// <summary>The entry that made it the challenger: its own, or the promotion of the version that took its place.</summary>
    public RegistryEvent? InShadow { get; private set; }

    /// <summary>Until when the champion is watched, and may be replaced by the version before it at once; null where it is not.</summary>
    public DateTimeOffset? ProbationUntil => InService?.ProbationUntil;

    /// <summary>Whether the challenger is the champion before, which stays for the probation only.</summary>
    public bool IsChallengerOnProbation => InShadow is { ProbationUntil: not null };

    /// <summary>The versions in service before the champion that can still be used, latest first.</summary>
    public IReadOnlyList<string> Before => _before;

    /// <summary>The hash of the last entry, which covers all of them; empty where there is none.</summary>
    public string Head => _history.Count == 0 ? "" : _history[^1].Hash;

    /// <summary>Whether the last challenger was stood down because it lost at the gate, and none has challenged since.</summary>
    public bool HasLost => _history.FindLast(entry => entry.Action is RegistryAction.Challenged or RegistryAction.StoodDown) is { Action: RegistryAction.StoodDown, Gate: not null };

    /// <summary>Whether the gate has said already that a challenger is better than a champion.</summary>
    public bool HasPassed(string champion, string challenger) =>
        _history.Exists(entry => entry is { Action: RegistryAction.Suggested or RegistryAction.Requested or RegistryAction.Promoted, Gate: { State: GateState.Passed } gate } && (gate.Champion, gate.Challenger) == (champion, challenger));

    /// <summary>False where the entry does not follow the last one.</summary>
    public bool TryApply(RegistryEvent entry)
    {
        if (entry.Number != _history.Count + 1 || entry.Previous != Head)
            return false;
        _history.Add(entry);
        switch (entry.Action)
        {
            case RegistryAction.Registered when entry.Model is { } model:
                _versions[entry.Version] = new RegisteredVersion(entry.Version, model, entry.At, entry.Actor, model.Threshold, null);
                break;
            case RegistryAction.Requested:
                _requests[entry.Version] = new PromotionRequest(entry, []);
                break;
            case RegistryAction.Approved when _requests.TryGetValue(entry.Version, out var request):
                request = request with { ApprovedBy = [.. request.ApprovedBy, entry.Actor] };
                _requests[entry.Version] = request;
                if (request.Missing <= 0)
                    Serve(entry);
                break;
            case RegistryAction.Promoted or RegistryAction.RolledBack:
                Serve(entry);
                break;
            case RegistryAction.ThresholdChanged when _versions.TryGetValue(entry.Version, out var changed):
                _versions[entry.Version] = changed with { Threshold = entry.Threshold ?? changed.Threshold };
                break;
            case RegistryAction.Failed:
                Fail(entry);
                break;
            case RegistryAction.Challenged:
                (Challenger, InShadow) = (entry.Version, entry);
                break;
            case RegistryAction.StoodDown when Challenger == entry.Version:
                (Challenger, InShadow) = (null, null);
                break;
        }

        return true;
    }

    void Serve(RegistryEvent entry)
    {
        _requests.Remove(entry.Version);

        // One that cannot be used was the champion only for want of another: it neither shadows nor comes back.
        var former = Champion is { } champion && champion != entry.Version && _versions.GetValueOrDefault(champion)?.Failure is null ? champion : null;
        if (former is not null && entry.ProbationUntil is not null)
            (Challenger, InShadow) = (former, entry);
        else if (Challenger == entry.Version || IsChallengerOnProbation)
            (Challenger, InShadow) = (null, null);
        if (entry.Action == RegistryAction.RolledBack)
        {
            // The version that is left, and those that were passed over, are no candidates for the next way back.
            _before.RemoveRange(0, _before.IndexOf(entry.Version) + 1);
        }
        else
        {
            _before.Remove(entry.Version);
            if (former is not null)
                _before.Insert(0, former);
        }

        (Champion, InService) = (entry.Version, entry);
    }

    void Fail(RegistryEvent entry)
    {
        if (_versions.TryGetValue(entry.Version, out var failed))
            _versions[entry.Version] = failed with { Failure = entry.Why };
        _requests.Remove(entry.Version);
        _before.Remove(entry.Version);
        if (Challenger == entry.Version)
            (Challenger, InShadow) = (null, null);
        if (Champion != entry.Version || _before.Count == 0)
            return;
        (Champion, InService) = (_before[0], entry);
        _before.RemoveAt(0);
        if (Challenger == Champion)
            (Challenger, InShadow) = (null, null);
    }
}
