using System.Globalization;
using FraudStreams.Diagnostics;
using FraudStreams.ModelOps.Registry;

namespace FraudStreams.Cli;

/// <summary>How versions and entries of the registry are printed.</summary>
static class ModelsView
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

    public static void PrintLines(IEnumerable<RegistryEvent> entries)
    {
        foreach (var entry in entries)
        {
            var what = entry.Action switch
            {
                RegistryAction.Registered => "registered",
                RegistryAction.Requested => "asked for",
                RegistryAction.Approved => "approved",
                RegistryAction.Promoted => "promoted",
                RegistryAction.RolledBack => "rolled back to",
                RegistryAction.ThresholdChanged => $"set to {entry.Threshold?.ToString(CultureInfo.InvariantCulture)} the threshold of",
                _ => "failed:",
            };
            Screen.Out.WritePlain($"{entry.Number,4}  {entry.At.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC  {entry.Actor}  {what} {entry.Version}  ({entry.Why})");
        }
    }
}
