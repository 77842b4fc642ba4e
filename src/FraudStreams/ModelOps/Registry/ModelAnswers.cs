using System.Collections.Immutable;
using System.Text.Json.Serialization;
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
    public static HistoryLine Of(RegistryEvent entry) =>
        new(entry.Number, entry.At, entry.Actor, entry.Action, entry.Version, entry.Why, entry.Threshold, entry.ProbationUntil, entry.Hash);
}

/// <summary>The history.</summary>
/// <param name="Head">The hash of the last entry.</param>
/// <param name="Problems">What was changed in it, where that was asked for.</param>
sealed record ModelHistory(ImmutableArray<HistoryLine> Entries, string Head, ImmutableArray<string> Problems);

/// <summary>A model that another library trained, in the registry.</summary>
/// <param name="Compared">How many scores were the expected ones.</param>
/// <param name="Schema">The schema that it was brought in for: the version's own may have more features.</param>
sealed record ImportedModel(ModelSummary Summary, ScoringModel Model, TransactionSchema Schema, long Compared);
