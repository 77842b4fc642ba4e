using System.Buffers;
using System.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Explanation;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.Topics;

namespace FraudStreams.Scoring;

/// <summary>
/// Scores a batch with the challenger and writes what it says beside what the champion decided. The window values of the rows were computed once, for the
/// champion, and are read here. One caller at a time.
/// </summary>
sealed class ChallengerScoring(ScoringModel model, bool withReasons)
{
    /// <summary>Our own models allocate nothing. What comes near this for some hundred payments would have the whole process collect garbage.</summary>
    internal const long MaxAllocatedBytes = 256L << 20;

    /// <summary>Of a batch: a challenger that always disagrees would write reasons for every payment.</summary>
    internal const int MaxExplained = 50;

    readonly Lazy<ModelExplainer?> _explainer = new(() => withReasons && ModelExplainer.TryCreate(model, out var explainer, out _) ? explainer : null);

    public string Version => model.Version;

    /// <exception cref="ChallengerException">A score is none, or it took too much memory.</exception>
    public ShadowScored Score(TransactionBatch batch, DateTimeOffset scoredAt)
    {
        var (rows, champion) = (batch.Rows, batch.Scored!);
        var length = rows.Count * model.Features.Count;
        var features = ArrayPool<double>.Shared.Rent(length);
        try
        {
            var scores = new double[rows.Count];
            var (allocated, started) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
            model.Score(rows, scores, features.AsSpan(0, length));
            var took = Stopwatch.GetElapsedTime(started);
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            if (allocated > MaxAllocatedBytes)
                throw new ChallengerException($"it allocated {allocated >> 20:N0} MiB for a batch of {rows.Count:N0} payments, and {MaxAllocatedBytes >> 20} MiB are allowed");
            if (Array.FindIndex(scores, score => !(score is >= 0 and <= 1)) is >= 0 and var wrong)
                throw new ChallengerException($"it gave a payment the score {scores[wrong]}; scores lie in 0 to 1");
            return Compare(batch, champion, scores, features, scoredAt.ToUnixTimeMilliseconds(), took);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(features);
        }
    }

    ShadowScored Compare(TransactionBatch batch, BatchScored champion, double[] scores, double[] features, long scoredAt, TimeSpan took)
    {
        var rows = batch.Rows;
        var disagreements = Enumerable.Range(0, rows.Count).Where(row => IsFraud(scores[row]) != champion.IsFraud(row)).ToArray();
        var reasons = ReasonsOf(disagreements, features);
        var records = new RecordBatch(rows.Count);
        try
        {
            var (championFrauds, frauds) = (0, 0);
            for (var row = 0; row < rows.Count; row++)
            {
                championFrauds += champion.IsFraud(row) ? 1 : 0;
                frauds += IsFraud(scores[row]) ? 1 : 0;

                // No label can name another, so nothing can be said of it later.
                if (!ShadowScore.CanHold(rows.Id(row)))
                    continue;
                var score = new ShadowScore(
                    "", rows.EventTime(row), model.Version, scores[row], IsFraud(scores[row]), model.Threshold, champion.ModelVersion, champion.Scores[row], champion.IsFraud(row), scoredAt);
                records.Add(
                    TopicNames.Shadow, batch.Records[row].Key.Span, (score, rows, row, reasons), static (into, it) => it.score.Write(into, it.rows.Id(it.row), it.reasons?.GetValueOrDefault(it.row)));
            }

            return new ShadowScored(records, champion.ModelVersion, model.Version, championFrauds, frauds, disagreements.Length, took);
        }
        catch
        {
            records.Dispose();
            throw;
        }
    }

    bool IsFraud(double score) => score >= model.Threshold;

    Dictionary<int, byte[]>? ReasonsOf(int[] rows, double[] features)
    {
        if (rows.Length == 0 || _explainer.Value is not { } explainer)
            return null;
        var width = model.Features.Count;
        return rows.Take(MaxExplained).ToDictionary(row => row, row => ReasonsJson.Write(explainer.Reasons(features.AsSpan(row * width, width))));
    }
}

/// <summary>A challenger does what a model must not.</summary>
public sealed class ChallengerException(string message) : Exception(message);
