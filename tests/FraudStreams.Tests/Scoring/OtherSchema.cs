using FraudStreams.Configuration;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Trees;
using FraudStreams.Model.Schemas;
using FraudStreams.Tests.WholeProgram;

namespace FraudStreams.Tests.Scoring;

/// <summary>Another schema named `cards`, with a single feature, and models of it.</summary>
static class OtherSchema
{
    public static TransactionSchema Schema { get; } = SchemaFile.Parse(Text(), "another cards");

    public static string Text()
    {
        var text = File.ReadAllText(Path.Combine(SchemaFile.Folder, "cards.conf"));
        return text[..text.IndexOf("\nfeatures = [", StringComparison.Ordinal)] + "\nfeatures = [{ name = amt, number = amt }]\n";
    }

    public static ScoringModel Model(string version)
    {
        var plan = FeaturePlan.Fit(Schema, []);
        double[] values = [.. Enumerable.Range(0, 100)];
        byte[] labels = [.. values.Select(value => value > 90 ? (byte)1 : (byte)0)];
        var scorer = GradientBoosting.Train(new TrainingSet(plan.Columns, values, labels), null, new BoostingSettings { Trees = 5 });
        var card = TrainedModel.Loaded.Card;
        return new ScoringModel(new ModelCard(version, card.CreatedAt, plan, card.Threshold, card.Training), scorer);
    }
}
