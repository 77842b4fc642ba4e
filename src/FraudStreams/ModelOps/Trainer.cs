using System.Collections.Immutable;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Evaluation;
using FraudStreams.Model.Features;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Trees;
using FraudStreams.Simulation;

namespace FraudStreams.ModelOps;

/// <summary>
/// Trains a model version on a history and writes it to the local folder; does not promote it. The latest part in time is kept for validation: it stops the
/// training early, chooses the threshold, and gives the metrics on the model card.
/// </summary>
sealed class Trainer(ModelSettings settings, LocalModels local, WorkProgress progress, TimeProvider time)
{
    /// <summary>Least frauds, and least payments that are none, in each part.</summary>
    const int MinOfEach = 10;

    /// <summary>How much of a history may be rejected; null: no matter.</summary>
    public InputSettings? Input { get; init; }

    /// <summary>The trained version, or why this history cannot be learnt from.</summary>
    public (ScoringModel? Model, string? Why) Train(IHistory history, CancellationToken cancellationToken)
    {
        var leftOut = new LeftOut();
        var plan = FeaturePlan.Fit(history.Schema, history.Read(progress.Step($"Learning the categories of {history.Name}"), _ => { }, cancellationToken));
        var rows = LabelledDataset.Read(
            history, plan, new WindowState(history.Schema), progress.Step($"Computing {plan.Count} features"), leftOut, cancellationToken);
        leftOut.Report(progress, history.Name, rows?.Count ?? 0);
        leftOut.Check(Input, history.Name, rows?.Count ?? 0);
        return Train(history.Name, plan, rows, history.Columns, cancellationToken);
    }

    /// <summary>Trains on payments whose features are already computed.</summary>
    /// <param name="history">Its name in messages and on the model card.</param>
    /// <param name="columns">The header of the training file, which the model card keeps for exports; null where there is none.</param>
    public (ScoringModel? Model, string? Why) Train(string history, FeaturePlan plan, LabelledDataset? rows, string? columns, CancellationToken cancellationToken)
    {
        if (rows is null)
            return (null, $"{history} has no labelled row that can be read");
        var fitted = SplitOf(rows);
        if (fitted == 0)
            return (null, $"{history} has {rows.Set.Positives:N0} labelled frauds and {rows.Count - rows.Set.Positives:N0} payments labelled as none: at least {MinOfEach} of each are needed to learn from, and as many later ones to choose the threshold by");
        var (training, validation) = (rows.Slice(0, fitted), rows.Slice(fitted, rows.Count - fitted));

        var scorer = Boost(training, validation, cancellationToken);
        var scores = new double[validation.Count];
        scorer.Score(validation.Set.Values.Span, scores);
        return (Save(history, plan, rows, columns, training, scorer, scores, validation), null);
    }

    /// <summary>
    /// The first row of the validation part: the share that the settings name, or more where that holds too few of either to choose a threshold by;
    /// 0 where either part would have too few.
    /// </summary>
    int SplitOf(LabelledDataset rows)
    {
        var labels = rows.Set.Labels.Span;
        var start = (int)(rows.Count * (1 - settings.Validation));
        var frauds = labels[start..].Count((byte)1);
        for (; start > 0 && Math.Min(frauds, labels.Length - start - frauds) < MinOfEach; start--)
            frauds += labels[start - 1];
        var earlier = labels[..start].Count((byte)1);
        return Math.Min(earlier, start - earlier) < MinOfEach ? 0 : start;
    }

    TreeEnsemble Boost(LabelledDataset training, LabelledDataset validation, CancellationToken cancellationToken)
    {
        var reportShare = progress.Step($"Growing trees on {training.Count:N0} payments, {training.Set.Positives:N0} of them frauds");
        var each = new Progress(p => reportShare((double)p.Trees / p.MaxTrees));
        var scorer = GradientBoosting.Train(training.Set, validation.Set, settings.Boosting, each, cancellationToken);
        reportShare(1);
        return scorer;
    }

    ScoringModel Save(
        string history, FeaturePlan plan, LabelledDataset rows, string? columns, LabelledDataset training, TreeEnsemble scorer, double[] scores, LabelledDataset validation)
    {
        var threshold = settings.Threshold.Choose(scores, validation.Set.Labels.Span, validation.Times);
        var now = time.GetUtcNow();
        var card = new ModelCard(
            local.NewVersionName(plan.Schema.Name, now),
            now,
            plan,
            new ModelThreshold(Math.Min(1, threshold), $"{Describe(settings.Threshold)} on the validation part"),
            new TrainingFacts(
                DateTimeOffset.FromUnixTimeMilliseconds(rows.Times[0]), DateTimeOffset.FromUnixTimeMilliseconds(rows.Times[^1]), rows.Count,
                rows.Set.Positives, (ulong)settings.Seed)
            {
                Columns = columns,
                Payments = rows.Digest,
                Settings = ImmutableSortedDictionary.CreateRange(
                [
                    KeyValuePair.Create("trees", $"{settings.Trees}"),
                    KeyValuePair.Create("learning-rate", $"{settings.LearningRate}"),
                    KeyValuePair.Create("leaves", $"{settings.Leaves}"),
                    KeyValuePair.Create("max-depth", $"{settings.MaxDepth}"),
                    KeyValuePair.Create("early-stopping", $"{settings.EarlyStopping}"),
                    KeyValuePair.Create("min-child-weight", $"{settings.MinChildWeight}"),
                    KeyValuePair.Create("max-leaf-step", $"{settings.MaxLeafStep}"),
                    KeyValuePair.Create("subsample-rows", $"{settings.SubsampleRows}"),
                    KeyValuePair.Create("subsample-columns", $"{settings.SubsampleColumns}"),
                    KeyValuePair.Create("validation", $"{settings.Validation}"),
                    KeyValuePair.Create("history", history),
                ]),
            })
        {
            Parent = local.ChampionVersion,
            Metrics = Evaluator.Metrics(scores, validation, threshold),
            Usual = UsualValue.Of(plan, training.Set),
        };
        var model = new ScoringModel(card, scorer);
        ModelArtifact.Write(local.Directory, model, SelfTest.Of(scorer, validation.Set.Values.Span));
        return model;
    }

    static string Describe(ThresholdRule rule) => rule switch
    {
        ThresholdRule.AlertsADay alerts => $"at most {alerts.Alerts} alerts a day",
        ThresholdRule.Precision precision => $"a precision of at least {precision.Share}",
        ThresholdRule.Cost cost => $"the least cost, {cost.OfMissedFraud} a missed fraud and {cost.OfAlert} an alert",
        _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "a rule without a description"),
    };

    /// <summary>Reports on the training's own thread, in order.</summary>
    sealed class Progress(Action<BoostingProgress> report) : IProgress<BoostingProgress>
    {
        public void Report(BoostingProgress value) => report(value);
    }
}
