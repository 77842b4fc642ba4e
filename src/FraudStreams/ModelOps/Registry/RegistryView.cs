namespace FraudStreams.ModelOps.Registry;

/// <summary>Versions and entries of the registry as JSON shows them (docs/json.md).</summary>
static class RegistryView
{
    public static object Summary(RegistryState state, RegisteredVersion version) => new
    {
        version.Version,
        Alias = AliasOf(state, version.Version),
        version.Status,
        version.Failure,
        version.Threshold,
        version.Model.Schema,
        version.Model.CreatedAt,
        version.Model.Parent,
        version.RegisteredAt,
        version.RegisteredBy,
        TrainingFrom = version.Model.TrainedFrom,
        TrainingTo = version.Model.TrainedTo,
        version.Model.Rows,
        version.Model.Frauds,
        version.Model.DataDigest,
        ArtifactSha256 = version.Model.Artifact,
        version.Model.Program,
        AveragePrecision = version.Model.Metrics.TryGetValue("average_precision", out var value) ? value : (double?)null,
        ApprovalsMissing = state.Requests.TryGetValue(version.Version, out var request) ? request.Missing : (int?)null,
    };

    public static string? AliasOf(RegistryState state, string version) => state.Champion == version ? "champion" : null;

    public static object Line(RegistryEvent entry) => new { entry.Number, entry.At, entry.Actor, entry.Action, entry.Version, entry.Why, entry.Threshold, entry.Hash };
}
