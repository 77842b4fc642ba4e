using System.Text.Json;
using System.Text.Json.Nodes;

namespace FraudStreams.Model.Models.Calibrators;

/// <summary>The ways to fit a calibration.</summary>
public enum CalibrationMethod
{
    /// <summary>Scores stay as the model gives them.</summary>
    None,

    /// <summary><see cref="PlattCalibrator"/>.</summary>
    Platt,

    /// <summary><see cref="IsotonicCalibrator"/>.</summary>
    Isotonic,
}

/// <summary>
/// Makes probabilities of a model's scores, fitted on rows that it did not learn from. Increasing, so that the ranking of payments stays as it is. Immutable and
/// thread-safe.
/// </summary>
public abstract class ScoreCalibrator
{
    private protected ScoreCalibrator()
    {
    }

    /// <summary>How it was fitted.</summary>
    public abstract CalibrationMethod Method { get; }

    /// <summary>The probability for a score.</summary>
    /// <param name="score">0..1.</param>
    /// <returns>0..1.</returns>
    public abstract double Apply(double score);

    /// <summary>Fits a calibration.</summary>
    /// <param name="method">How; <see cref="CalibrationMethod.None"/> gives null.</param>
    /// <param name="scores">One a row, 0..1, of rows that the model did not learn from.</param>
    /// <param name="labels">One a row: 1 is fraud, 0 is not. Both occur.</param>
    /// <exception cref="ArgumentException">Lengths differ, a score or label is out of range, one of the labels does not occur, or higher scores have less fraud.</exception>
    public static ScoreCalibrator? Fit(CalibrationMethod method, ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels)
    {
        if (method == CalibrationMethod.None)
            return null;
        if (scores.Length != labels.Length)
            throw new ArgumentException($"There are {scores.Length} scores and {labels.Length} labels; each row needs both.");
        var frauds = labels.Count((byte)1);
        if (frauds == 0 || frauds + labels.Count((byte)0) != labels.Length || frauds == labels.Length)
            throw new ArgumentException($"A calibration needs rows labelled 1 and rows labelled 0; of {labels.Length} rows {frauds} are labelled 1.");
        foreach (var score in scores)
        {
            if (score is not (>= 0 and <= 1))
                throw new ArgumentException($"A score is {score}; scores lie in 0 to 1.");
        }

        return method == CalibrationMethod.Platt ? PlattCalibrator.Fit(scores, labels) : IsotonicCalibrator.Fit(scores, labels);
    }

    /// <summary>For model cards.</summary>
    internal abstract JsonObject ToJson();

    /// <exception cref="ModelFormatException">It is not what <see cref="ToJson"/> wrote.</exception>
    internal static ScoreCalibrator FromJson(JsonElement json) => json.GetProperty("method").GetString() switch
    {
        "platt" => PlattCalibrator.Of(json.GetProperty("slope").GetDouble(), json.GetProperty("intercept").GetDouble()),
        "isotonic" => IsotonicCalibrator.Of(Numbers(json, "scores"), Numbers(json, "probabilities")),
        var other => throw new ModelFormatException($"its calibration is {other}; this program knows platt and isotonic"),
    };

    static double[] Numbers(JsonElement json, string name) => [.. json.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];
}
