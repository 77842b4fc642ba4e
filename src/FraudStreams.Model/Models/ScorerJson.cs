using System.Collections.Immutable;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models.External;
using FraudStreams.Model.Models.Linear;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.Model.Models;

/// <summary>
/// Reads and writes model.json of a model version, and the files beside it that some kinds have: maps each kind of model to its format. Add a new kind here.
/// </summary>
static class ScorerJson
{
    /// <param name="Kind">What the card says of it.</param>
    /// <param name="Json">model.json.</param>
    /// <param name="Files">The files beside it, by name.</param>
    internal sealed record Stored(string Kind, byte[] Json, ImmutableArray<(string Name, ReadOnlyMemory<byte> Bytes)> Files);

    const string Trees = "trees";
    const string Linear = "linear";

    internal static Stored Write(IScorer scorer)
    {
        using var json = new MemoryStream();
        switch (scorer)
        {
            case TreeEnsemble trees:
                trees.Save(json);
                return new Stored(Trees, json.ToArray(), []);
            case LogisticRegression linear:
                linear.Save(json);
                return new Stored(Linear, json.ToArray(), []);
            case ExternalScorer { Model: var model }:
                return new Stored(ExternalModel.NameOf(model.Kind), model.ToJson(), [(model.FileName, model.File)]);
            default:
                throw new ArgumentException($"A {scorer.GetType().Name} has no stored form.", nameof(scorer));
        }
    }

    /// <param name="kind">As the card says.</param>
    /// <param name="json">model.json.</param>
    /// <param name="file">Reads a file beside it.</param>
    /// <exception cref="ModelFormatException">The kind is unknown, or the file is not a model of this kind.</exception>
    internal static IScorer Read(string kind, ReadOnlyMemory<byte> json, Func<string, byte[]> file) => kind switch
    {
        Trees => TreeEnsemble.Load(json),
        Linear => LogisticRegression.Load(json),
        _ when Array.Find(Enum.GetValues<ExternalKind>(), k => ExternalModel.NameOf(k) == kind) is var external && ExternalModel.NameOf(external) == kind =>
            ExternalModel.FromJson(external, json, file).ToScorer(),
        _ => throw new ModelFormatException($"it is of kind {kind}, which this program does not know"),
    };

    /// <exception cref="ModelFormatException">The model was trained with other features than the plan computes.</exception>
    internal static void CheckFeatures(IScorer scorer, ImmutableArray<FeatureColumn> plan)
    {
        if (scorer.FeatureCount != plan.Length)
            throw new ModelFormatException($"it takes {scorer.FeatureCount} features; the plan on its card computes {plan.Length}");
        var trained = scorer switch
        {
            TreeEnsemble trees => trees.Features,
            LogisticRegression linear => linear.Features,
            ExternalScorer { Model: var model } => model.Features,
            _ => plan,
        };
        for (var i = 0; i < plan.Length; i++)
        {
            if (trained[i] != plan[i])
            {
                throw new ModelFormatException(
                    $"its feature {i + 1} is {trained[i].Name} ({trained[i].Kind}); " +
                    $"the plan on its card computes {plan[i].Name} ({plan[i].Kind})");
            }
        }
    }
}
