using System.Collections.Immutable;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Drift;
using FraudStreams.Model.Evaluation;
using FraudStreams.Model.Features;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Calibrators;
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

    /// <summary>Event time, Unix milliseconds: earlier payments are what windows remember, and are not learnt from.</summary>
    public long LearnFrom { get; init; } = long.MinValue;

    /// <summary>The trained version, or why this history cannot be learnt from.</summary>
    public (ScoringModel? Model, string? Why) Train(IHistory history, CancellationToken cancellationToken)
    {
        var leftOut = new LeftOut();
        var plan = FeaturePlan.Fit(history.Schema, history.Read(progress.Step($"Learning the categories of {history.Name}"), _ => { }, cancellationToken));
        var rows = LabelledDataset.Read(
            history, plan, new WindowState(history.Schema), progress.Step($"Computing {plan.Count} features"), leftOut, cancellationToken);
        if (rows is not null && rows.At(LearnFrom) is > 0 and var first)
            rows = first < rows.Count ? rows.Slice(first, rows.Count - first) : null;
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

        var scorer = TrainScorer(training, validation, cancellationToken);
        var scores = new double[validation.Count];
        scorer.Score(validation.Set.Values.Span, scores);
        try
        {
            if (ScoreCalibrator.Fit(settings.Calibration, scores, validation.Set.Labels.Span) is { } calibrator)
            {
                scorer = new CalibratedScorer(scorer, calibrator);
                scorer.Score(validation.Set.Values.Span, scores);
            }
        }
        catch (ArgumentException e)
        {
            return (null, $"model.calibration = {$"{settings.Calibration}".ToLowerInvariant()} cannot be fitted on the validation part of {history}: {e.Message}");
        }

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

    IScorer TrainScorer(LabelledDataset training, LabelledDataset validation, CancellationToken cancellationToken)
    {
        var reportShare = progress.Step($"{(settings.Trainer == TrainerKind.Trees ? "Growing trees" : "Training")} on {training.Count:N0} payments, {training.Set.Positives:N0} of them frauds");
        var each = new Progress(p => reportShare((double)p.Trees / p.MaxTrees));
        var scorer = ScorerTrainer.Train(settings, training.Set, validation.Set, each, cancellationToken);
        reportShare(1);
        return scorer;
    }

    ScoringModel Save(
        string history, FeaturePlan plan, LabelledDataset rows, string? columns, LabelledDataset training, IScorer scorer, double[] scores, LabelledDataset validation)
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
                Settings = SettingsOf(history),
            })
        {
            Parent = local.ChampionVersion,
            Metrics = Evaluator.Metrics(scores, validation, threshold),
            Usual = UsualValue.Of(plan, training.Set),
            Calibration = (scorer as CalibratedScorer)?.Calibrator,
        };
        var model = new ScoringModel(card, scorer);
        var drift = DriftReferenceBuilder.Build(plan, validation.Set, validation.Times, scores, model.Threshold);
        ModelArtifact.Write(local.Directory, model, SelfTest.Of(scorer, validation.Set.Values.Span), DriftReferenceFile.Of(drift));
        return model;
    }

    /// <summary>What the model card keeps of the settings: those that the trainer has.</summary>
    ImmutableSortedDictionary<string, string> SettingsOf(string history)
    {
        var of = ImmutableSortedDictionary.CreateBuilder<string, string>();
        of["history"] = history;
        of["validation"] = $"{settings.Validation}";
        if (settings.Trainer != TrainerKind.Trees)
            of["trainer"] = $"{settings.Trainer}".ToLowerInvariant();
        if (settings.Trainer == TrainerKind.Logistic)
            return of.ToImmutable();
        of["trees"] = $"{settings.Trees}";
        of["learning-rate"] = $"{settings.LearningRate}";
        of["leaves"] = $"{settings.Leaves}";
        if (settings.Trainer != TrainerKind.FastTree)
            of["early-stopping"] = $"{settings.EarlyStopping}";
        if (settings.Trainer != TrainerKind.Trees)
            return of.ToImmutable();
        of["max-depth"] = $"{settings.MaxDepth}";
        of["min-child-weight"] = $"{settings.MinChildWeight}";
        of["max-leaf-step"] = $"{settings.MaxLeafStep}";
        of["subsample-rows"] = $"{settings.SubsampleRows}";
        of["subsample-columns"] = $"{settings.SubsampleColumns}";
        return of.ToImmutable();
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
