using System.Text.Json.Nodes;

namespace FraudStreams.Model.Models.Calibrators;

/// <summary>
/// The increasing function nearest to the labels (isotonic regression by pooling adjacent violators; Zadrozny and Elkan 2002), with straight lines between the
/// middles of its steps instead of the steps: those would give different scores one probability, and payments would lose their order. For the same reason a step's share of
/// fraud counts one more row, of the share of all rows, so that no step has a share of 0 or 1.
/// </summary>
public sealed class IsotonicCalibrator : ScoreCalibrator
{
    readonly double[] _scores;
    readonly double[] _probabilities;

    IsotonicCalibrator(double[] scores, double[] probabilities) => (_scores, _probabilities) = (scores, probabilities);

    /// <summary>Number of points between which lines are drawn, from (0, 0) to (1, 1).</summary>
    public int Points => _scores.Length;

    /// <inheritdoc/>
    public override CalibrationMethod Method => CalibrationMethod.Isotonic;

    /// <inheritdoc/>
    public override double Apply(double score)
    {
        var at = Array.BinarySearch(_scores, score);
        if (at >= 0)
            return _probabilities[at];
        var after = ~at;
        var (left, right) = (_scores[after - 1], _scores[after]);
        var (low, high) = (_probabilities[after - 1], _probabilities[after]);
        return Math.Min(high, low + ((score - left) / (right - left) * (high - low)));
    }

    internal static IsotonicCalibrator Of(double[] scores, double[] probabilities)
    {
        if (scores.Length != probabilities.Length || scores is not [0, .., 1] || probabilities is not [0, .., 1])
            throw new ModelFormatException("its calibration has no points from 0, 0 to 1, 1");
        for (var i = 1; i < scores.Length; i++)
        {
            if (!(scores[i] > scores[i - 1] && probabilities[i] > probabilities[i - 1]))
                throw new ModelFormatException($"its calibration does not increase at point {i}");
        }

        return new IsotonicCalibrator(scores, probabilities);
    }

    /// <summary>Rows of neighbouring scores.</summary>
    /// <param name="First">Their lowest score.</param>
    /// <param name="Last">Their highest score.</param>
    readonly record struct Step(double Rows, double Frauds, double First, double Last)
    {
        public double Middle => (First + Last) / 2;

        /// <summary>With the rows of the next step.</summary>
        public Step With(Step next) => new(Rows + next.Rows, Frauds + next.Frauds, First, next.Last);
    }

    internal static IsotonicCalibrator Fit(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels)
    {
        var (sorted, sortedLabels) = (scores.ToArray(), labels.ToArray());
        Array.Sort(sorted, sortedLabels);
        var share = labels.Count((byte)1) / (double)labels.Length;
        var steps = new List<Step>();
        for (var row = 0; row < sorted.Length;)
        {
            // Rows of one score are one step, whatever their order.
            var step = new Step(0, 0, sorted[row], sorted[row]);
            for (; row < sorted.Length && sorted[row] == step.First; row++)
                step = step with { Rows = step.Rows + 1, Frauds = step.Frauds + sortedLabels[row] };
            while (steps.Count > 0 && ProbabilityOf(steps[^1]) >= ProbabilityOf(step))
            {
                step = steps[^1].With(step);
                steps.RemoveAt(steps.Count - 1);
            }

            steps.Add(step);
        }

        var inner = steps.Where(step => step.Middle is > 0 and < 1).ToArray();
        return Of([0, .. inner.Select(step => step.Middle), 1], [0, .. inner.Select(ProbabilityOf), 1]);

        double ProbabilityOf(Step step) => (step.Frauds + share) / (step.Rows + 1);
    }

    internal override JsonObject ToJson() => new()
    {
        ["method"] = "isotonic",
        ["scores"] = new JsonArray([.. _scores.Select(score => JsonValue.Create(score))]),
        ["probabilities"] = new JsonArray([.. _probabilities.Select(probability => JsonValue.Create(probability))]),
    };
}
