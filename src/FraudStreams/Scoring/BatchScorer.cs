using System.Buffers;
using Akka.Event;
using FraudStreams.Model.Explanation;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Linear;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.Scoring;

/// <summary>Scores batches with one model version, and explains its predicted frauds. Thread-safe.</summary>
sealed class BatchScorer(ScoringModel model, ILoggingAdapter log, DriftRecorder? drift = null)
{
    readonly Lazy<ModelExplainer?> _explainer = new(() => CreateExplainer(model, log));

    public string Version => model.Version;

    /// <summary>Whether the rows bound how long it takes. Another library's runtime may hang: it is asked with a time limit only.</summary>
    public bool IsBounded => model.RawScorer is TreeEnsemble or LogisticRegression;

    public BatchScored Score(ScoreBatch batch)
    {
        var scores = new double[batch.Rows.Count];
        var length = batch.Rows.Count * model.Features.Count;
        var features = batch.WithFeatures ? new double[length] : ArrayPool<double>.Shared.Rent(length);
        try
        {
            model.Score(batch.Rows, scores, features.AsSpan(0, length));
            return new BatchScored(
                scores, model.Version, model.Threshold, batch.WithFeatures ? features : null, batch.WithReasons ? ReasonsOf(scores, features) : null)
            {
                Drift = batch.IsStream ? drift?.Sample(model, scores.Length, features.AsSpan(0, length)) : null,
            };
        }
        finally
        {
            if (!batch.WithFeatures)
                ArrayPool<double>.Shared.Return(features);
        }
    }

    static ModelExplainer? CreateExplainer(ScoringModel model, ILoggingAdapter log)
    {
        if (!ModelExplainer.TryCreate(model, out var explainer, out var why))
            log.Warning("Predicted frauds have no reasons: {Why}", why);
        return explainer;
    }

    Dictionary<int, byte[]>? ReasonsOf(double[] scores, double[] features)
    {
        // The tables of a large model take a moment: they are made with the first batch, not when the first fraud is waiting.
        if (_explainer.Value is not { } explainer)
            return null;
        var frauds = Enumerable.Range(0, scores.Length).Where(row => scores[row] >= model.Threshold).ToArray();
        if (frauds.Length == 0)
            return null;
        // Together: many rows at once take little longer than one.
        var width = model.Features.Count;
        var values = new double[frauds.Length * width];
        for (var i = 0; i < frauds.Length; i++)
            features.AsSpan(frauds[i] * width, width).CopyTo(values.AsSpan(i * width));
        var contributions = new double[values.Length];
        explainer.Explainer.Explain(values, contributions);
        return Enumerable.Range(0, frauds.Length).ToDictionary(
            i => frauds[i],
            i => ReasonsJson.Write(explainer.Reasons(values.AsSpan(i * width, width), contributions.AsSpan(i * width, width))));
    }
}

/// <summary>
/// The scorer of the model actor that has the stream's batches now, for those who only ask: they score on a thread of their own, and stand in no batch's way.
/// Null until the first actor has started, and while one restarts after a failure. Thread-safe.
/// </summary>
sealed class CurrentScorer
{
    readonly Lock _gate = new();
    BatchScorer? _now;
    int _turn;

    public BatchScorer? Now => Volatile.Read(ref _now);

    /// <summary>The turn of another model. Its scorers alone start from now on; the one before goes on until the first of them does.</summary>
    public int NextTurn()
    {
        lock (_gate)
            return ++_turn;
    }

    /// <summary>Does nothing where the turn is over: a model actor may restart after another model took its place.</summary>
    public void Starts(BatchScorer scorer, int turn)
    {
        lock (_gate)
        {
            if (turn == _turn)
                Volatile.Write(ref _now, scorer);
        }
    }

    /// <summary>Another may have started meanwhile.</summary>
    public void Ends(BatchScorer scorer) => Interlocked.CompareExchange(ref _now, null, scorer);
}
