using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models;

namespace FraudStreams.ModelOps;

/// <summary>The predictions of a stream's topic as something to learn from: the features as they were when the payments were scored.</summary>
sealed class LoggedHistory(IReadableLog topics, int partitions, LocalModels local)
{
    public const string Name = "the topic of predictions";

    /// <summary>What the topic still keeps of predictions that carry features; null where none does.</summary>
    /// <param name="plan">The features to learn from: those of the champion.</param>
    /// <param name="confirmed">Whether a payment was a fraud, by its id.</param>
    /// <param name="read">Called with the number of predictions read.</param>
    /// <param name="times">The first and the last event time to learn from, in unix milliseconds; null: all.</param>
    public Task<LabelledDataset?> ReadAsync(
        FeaturePlan plan, IReadOnlyDictionary<string, bool> confirmed, WorkProgress progress, Action<long> read, CancellationToken cancellationToken,
        (long From, long To)? times = null) =>
        new LoggedFeatures(topics, partitions, plan, PlanOf, confirmed, times).ReadAsync(progress, read, cancellationToken);

    /// <summary>Null where the version is missing or damaged: its plan cannot be told from the predictions alone.</summary>
    FeaturePlan? PlanOf(string version)
    {
        try
        {
            return ModelArtifact.LoadCard(local.FolderOf(version)).Features;
        }
        catch (ModelArtifactException)
        {
            return null;
        }
    }
}
