using System.Buffers;
using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using FraudStreams.Model.Explanation;
using FraudStreams.Model.Models;

namespace FraudStreams.Scoring;

/// <summary>
/// Scores batches with one model version, and explains its predicted frauds. A batch that fails is answered with Status.Failure before the actor throws, so
/// that no ask runs into its timeout; the backoff supervisor then restarts it. Reports each outcome to the <see cref="ModelSupervisor"/>.
/// </summary>
sealed class ModelActor : ReceiveActor
{
    readonly ScoringModel _model;
    readonly DriftRecorder? _drift;
    readonly Lazy<ModelExplainer?> _explainer;

    public ModelActor(ScoringModel model, IActorRef supervisor, DriftRecorder? drift = null)
    {
        (_model, _drift) = (model, drift);
        var log = Context.GetLogger();
        _explainer = new Lazy<ModelExplainer?>(() => CreateExplainer(model, log));
        Receive<ScoreBatch>(batch =>
        {
            try
            {
                var began = Stopwatch.GetTimestamp();
                Sender.Tell(Score(batch));
                supervisor.Tell(new ScoringWorked(model.Version, Stopwatch.GetElapsedTime(began)));
            }
            catch (Exception e)
            {
                Sender.Tell(new Status.Failure(e));
                supervisor.Tell(new ScoringFailed(model.Version, e));
                throw;
            }
        });
        Receive<FinishScoring>(_ => Context.Stop(Self));
    }

    static ModelExplainer? CreateExplainer(ScoringModel model, ILoggingAdapter log)
    {
        if (!ModelExplainer.TryCreate(model, out var explainer, out var why))
            log.Warning("Predicted frauds have no reasons: {Why}", why);
        return explainer;
    }

    BatchScored Score(ScoreBatch batch)
    {
        var scores = new double[batch.Rows.Count];
        var length = batch.Rows.Count * _model.Features.Count;
        var features = batch.WithFeatures ? new double[length] : ArrayPool<double>.Shared.Rent(length);
        try
        {
            _model.Score(batch.Rows, scores, features.AsSpan(0, length));
            return new BatchScored(
                scores, _model.Version, _model.Threshold, batch.WithFeatures ? features : null, batch.WithReasons ? ReasonsOf(scores, features) : null)
            {
                Drift = batch.IsStream ? _drift?.Sample(_model, scores.Length, features.AsSpan(0, length)) : null,
            };
        }
        finally
        {
            if (!batch.WithFeatures)
                ArrayPool<double>.Shared.Return(features);
        }
    }

    Dictionary<int, byte[]>? ReasonsOf(double[] scores, double[] features)
    {
        // The tables of a large model take a moment: they are made with the first batch, not when the first fraud is waiting.
        if (_explainer.Value is not { } explainer)
            return null;
        var frauds = Enumerable.Range(0, scores.Length).Where(row => scores[row] >= _model.Threshold).ToArray();
        if (frauds.Length == 0)
            return null;
        // Together: many rows at once take little longer than one.
        var width = _model.Features.Count;
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
