using System.Collections.Immutable;
using System.Text.Json.Serialization;
using FraudStreams.Model.Evaluation.Promotion;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;

namespace FraudStreams.ModelOps.Registry;

/// <summary>A version in short.</summary>
/// <param name="Alias">champion, challenger or null.</param>
/// <param name="TrainingFrom">Event time of the first payment that it learnt from.</param>
/// <param name="ApprovalsMissing">Where somebody asked for it to go into service and others must approve.</param>
sealed record ModelSummary(
    string Version, string? Alias, string Status, string? Failure, double Threshold, string Schema, DateTimeOffset CreatedAt, string? Parent, DateTimeOffset RegisteredAt,
    string RegisteredBy, DateTimeOffset TrainingFrom, DateTimeOffset TrainingTo, long Rows, long Frauds, string? DataDigest, string ArtifactSha256, string Program,
    double? AveragePrecision, int? ApprovalsMissing)
{
    public const string Champion = "champion", Challenger = "challenger";

    /// <summary>What the gate said, where this answers a promotion.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public GateOpinion? Gate { get; init; }

    public static ModelSummary Of(RegistryState state, RegisteredVersion version)
    {
        var model = version.Model;
        return new ModelSummary(
            version.Version, state.Champion == version.Version ? Champion : state.Challenger == version.Version ? Challenger : null, version.Status, version.Failure,
            version.Threshold, model.Schema, model.CreatedAt, model.Parent, version.RegisteredAt, version.RegisteredBy, model.TrainedFrom, model.TrainedTo, model.Rows, model.Frauds,
            model.DataDigest, model.Artifact, model.Program, model.Metrics.TryGetValue("average_precision", out var precision) ? precision : null,
            state.Requests.TryGetValue(version.Version, out var request) ? request.Missing : null);
    }
}

/// <summary>All versions.</summary>
/// <param name="ProbationUntil">Until when the champion is watched beside the version before it; null where it is not.</param>
sealed record ModelList(
    string? Champion, string? Challenger, DateTimeOffset? ProbationUntil, ImmutableArray<ModelSummary> Versions, [property: JsonIgnore] ImmutableArray<PromotionRequest> Requests);

/// <summary>A version, and the entries of the history that are about it.</summary>
/// <param name="CardThreshold">The threshold that it was registered with.</param>
sealed record ModelDetails(
    ModelSummary Summary, ImmutableSortedDictionary<string, double> Metrics, double CardThreshold, string ThresholdRule, ImmutableArray<HistoryLine> History);

/// <summary>An entry of the history.</summary>
sealed record HistoryLine(
    long Number, DateTimeOffset At, string Actor, RegistryAction Action, string Version, string Why, double? Threshold, DateTimeOffset? ProbationUntil, string Hash)
{
    /// <summary>What the gate said, of an entry that follows from it or that it was asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RegistryGate? Gate { get; init; }

    /// <summary>What the gate said where a person put the version into service all the same; null where nobody overruled it.</summary>
    [JsonIgnore]
    public GateState? Overruled => Action is RegistryAction.Promoted or RegistryAction.Requested && Gate is { State: not GateState.Passed } said ? said.State : null;

    public static HistoryLine Of(RegistryEvent entry) =>
        new(entry.Number, entry.At, entry.Actor, entry.Action, entry.Version, entry.Why, entry.Threshold, entry.ProbationUntil, entry.Hash) { Gate = entry.Gate };
}

/// <summary>The history.</summary>
/// <param name="Head">The hash of the last entry.</param>
/// <param name="Problems">What was changed in it, where that was asked for.</param>
sealed record ModelHistory(ImmutableArray<HistoryLine> Entries, string Head, ImmutableArray<string> Problems);

/// <summary>A model that another library trained, in the registry.</summary>
/// <param name="Schema">The schema that it was brought in for: the version's own may have more features.</param>
sealed record ImportedModel(ModelSummary Summary, ForeignImported Import, TransactionSchema Schema);

/// <summary>Who put a version into service, as of a moment when it decided.</summary>
/// <param name="InService">The entry that put it there: a promotion, the last approval, a rollback, or the failure of another; null where the history has none.</param>
/// <param name="Registered">The entry that brought it into the registry.</param>
/// <param name="Requested">Who asked, where others had to approve.</param>
/// <param name="Approvals">Who approved.</param>
/// <param name="Threshold">In force then; null where the registry does not know the version.</param>
/// <param name="ThresholdChanged">Who set it, where it was not the version's own.</param>
sealed record ServiceRecord(
    string Version, HistoryLine? InService, HistoryLine? Registered, HistoryLine? Requested, ImmutableArray<HistoryLine> Approvals, double? Threshold, HistoryLine? ThresholdChanged)
{
    /// <param name="at">A host follows a moment after an entry, and clocks differ: where the version went into service only later, that entry is the one.</param>
    public static ServiceRecord Of(IReadOnlyList<RegistryEvent> history, string version, DateTimeOffset at)
    {
        var state = new RegistryState();
        RegistryEvent? inService = null, requested = null, changed = null;
        PromotionRequest? request = null;
        var (approvals, own) = (ImmutableArray<HistoryLine>.Empty, history.FirstOrDefault(entry => entry.Action == RegistryAction.Registered && entry.Version == version));
        foreach (var entry in history)
        {
            request = state.Requests.GetValueOrDefault(version);
            state.TryApply(entry);
            if (entry.Action == RegistryAction.ThresholdChanged && entry.Version == version && entry.At <= at)
                changed = entry;
            if (state.InService != entry || state.Champion != version || (entry.At > at && inService is not null))
                continue;
            inService = entry;
            requested = entry.Action == RegistryAction.Approved ? request?.Entry : null;
            approvals = requested is null
                ? []
                : [.. history.Where(one => one.Action == RegistryAction.Approved && one.Version == version && one.Number > requested.Number && one.Number <= entry.Number).Select(HistoryLine.Of)];
        }

        return new ServiceRecord(version, Line(inService), Line(own), Line(requested), approvals, changed?.Threshold ?? own?.Model?.Threshold, Line(changed));
    }

    static HistoryLine? Line(RegistryEvent? entry) => entry is null ? null : HistoryLine.Of(entry);
}
