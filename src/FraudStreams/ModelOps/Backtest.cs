using System.Text.Json.Serialization;
using FraudStreams.Model.Evaluation;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.ModelOps;

/// <summary>The metrics of a model trained and measured on one split.</summary>
sealed record FoldResult(
    DateOnly TrainFrom, DateOnly TestFrom, int TrainRows, long TrainFrauds, int TestRows, long TestFrauds, double AveragePrecision, double RocAuc,
    [property: JsonPropertyName("card_precision_at_100")] double CardPrecisionAt100);

/// <summary>Trains a model on each split of a history, without early stopping, and measures it on the split's later days.</summary>
static class Backtest
{
    /// <param name="trainer">Trains on the rows that it is given.</param>
    /// <exception cref="NothingToMeasureException">A split has no fraud to learn from or to be measured on.</exception>
    public static FoldResult Run(LabelledDataset all, TemporalSplit split, Func<TrainingSet, IScorer> trainer)
    {
        var (train, test) = split.Of(all);
        if (train.Set.Positives == 0 || test.Set.Positives == 0 || train.Set.Positives == train.Count || test.Set.Positives == test.Count)
            throw new NothingToMeasureException($"The split has too little: {train.Count:N0} payments with {train.Set.Positives} frauds to learn from, {test.Count:N0} with {test.Set.Positives} to be measured on, and each part needs frauds and others ({split})");
        var model = trainer(train.Set);
        var scores = new double[test.Count];
        model.Score(test.Set.Values.Span, scores);
        var labels = test.Set.Labels.Span;
        return new FoldResult(
            split.From, split.TestFrom, train.Count, train.Set.Positives, test.Count, test.Set.Positives, Ranking.AveragePrecision(scores, labels),
            Ranking.RocAuc(scores, labels), CardPrecision.AtK(scores, labels, test.Cards, test.Times, Evaluator.CardsADay));
    }

    /// <summary>Runs the split and the earlier ones up to the number of folds, latest first.</summary>
    public static IReadOnlyList<FoldResult> Run(LabelledDataset all, TemporalSplit split, int folds, Func<TrainingSet, IScorer> trainer) =>
        [.. Enumerable.Range(0, folds).Select(fold => Run(all, split.Earlier(fold), trainer))];
}
