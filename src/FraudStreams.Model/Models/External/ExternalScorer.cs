using System.Globalization;
using FraudStreams.Model.Features;

namespace FraudStreams.Model.Models.External;

/// <summary>Scores by a runtime of the model's own. The assemblies of a runtime are loaded with the first model of its kind, not before.</summary>
public abstract class ExternalScorer : IScorer
{
    /// <summary>Results in single precision may lie so far beyond 0 and 1.</summary>
    const double Rounding = 1e-6;

    const int CheckedRows = 300;

    private protected ExternalScorer(ExternalModel model) => Model = model;

    /// <summary>The model.</summary>
    public ExternalModel Model { get; }

    /// <inheritdoc/>
    public int FeatureCount => Model.Features.Length;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The model gives a row no number, or one that is no probability.</exception>
    public void Score(ReadOnlySpan<double> features, Span<double> scores)
    {
        if (features.Length != (long)scores.Length * FeatureCount)
            throw new ArgumentException(
                $"{scores.Length} rows of {FeatureCount} features are {(long)scores.Length * FeatureCount} values, not {features.Length}.");
        if (scores.IsEmpty)
            return;
        ScoreRows(features, scores);
        for (var row = 0; row < scores.Length; row++)
        {
            var score = Model.Output.IsLogOdds ? 1 / (1 + Math.Exp(-scores[row])) : scores[row];
            if (!(score is >= -Rounding and <= 1 + Rounding))
                throw new InvalidOperationException(
                    $"The model gives {scores[row].ToString(CultureInfo.InvariantCulture)}, which is no probability"
                    + (double.IsNaN(score) ? ": a value that is missing needs a number in its place" : Model.Output.IsLogOdds ? "" : ": is it in log-odds?"));
            scores[row] = Math.Clamp(score, 0, 1);
        }
    }

    /// <summary>Computes the chosen output of at least one row.</summary>
    private protected abstract void ScoreRows(ReadOnlySpan<double> features, Span<double> scores);

    /// <summary>
    /// Scores made-up rows, with and without missing values, together and one by one: a row's score must be a probability and must not depend on the rows
    /// beside it.
    /// </summary>
    /// <returns>The rows, row-major.</returns>
    /// <exception cref="ModelFormatException">A row has no score, one that is no probability, or another one in other company: what to do.</exception>
    public double[] Check()
    {
        var random = new Random(1);
        var matrix = new double[CheckedRows * FeatureCount];
        for (var at = 0; at < matrix.Length; at++)
            matrix[at] = MadeUp(at % FeatureCount, random);
        var scores = Scored(matrix, "made-up rows");
        for (var row = 0; row < CheckedRows; row += 7)
        {
            var alone = Scored(matrix[(row * FeatureCount)..((row + 1) * FeatureCount)], "a made-up row")[0];
            if (alone != scores[row])
                throw new ModelFormatException(
                    $"it gives a row {scores[row].ToString("R", CultureInfo.InvariantCulture)} beside others and {alone.ToString("R", CultureInfo.InvariantCulture)} alone: a payment's score may not depend on the payments that it is scored with");
        }

        for (var column = 0; column < FeatureCount; column++)
        {
            var row = matrix[..FeatureCount];
            row[column] = double.NaN;
            Scored(row, $"a row where {Model.Features[column].Name} is missing");
        }

        return matrix;
    }

    double[] Scored(double[] rows, string what)
    {
        var scores = new double[rows.Length / FeatureCount];
        try
        {
            Score(rows, scores);
            return scores;
        }
        // Whatever a runtime throws while it scores is about the model.
        catch (Exception e)
        {
            throw new ModelFormatException($"it does not score {what}: {e.Message} (in the map, missing = VALUE says what stands for a missing value, output {{ log-odds = on }} that the output is in log-odds)", e);
        }
    }

    double MadeUp(int column, Random random)
    {
        var texts = Model.Inputs.SelectMany(input => input.Values).FirstOrDefault(value => value.Column == column)?.Texts ?? [];
        return Model.Features[column].Kind == FeatureKind.Category ? random.Next(Math.Max(1, texts.Length)) : Math.Round(random.NextDouble() * 100, 2);
    }

    /// <summary>The text of a category's value; what stands for a missing one where it is missing.</summary>
    private protected static string TextOf(InputValue value, double code) =>
        !double.IsNaN(code) && (int)code < value.Texts.Length ? value.Texts[(int)code] : value.Missing ?? "";

    /// <summary>For an input of numbers, what stands for missing values.</summary>
    /// <param name="takesNaN">Whether NaN is a value of its type.</param>
    /// <exception cref="ModelFormatException">The map gives a text, or nothing where a missing value has no form.</exception>
    private protected double MissingOf(string input, InputValue value, string type, bool takesNaN)
    {
        var name = Model.Features[value.Column].Name;
        if (value.Missing is null)
            return takesNaN
                ? double.NaN
                : throw new ModelFormatException($"its input {input} is of type {type}, which has no missing values: say in the map of {name} missing = NUMBER, what stands for one");
        return double.TryParse(value.Missing, NumberStyles.Float, CultureInfo.InvariantCulture, out var missing)
            ? missing
            : throw new ModelFormatException($"its input {input} is of type {type}; what stands for a missing {name} is {value.Missing}, which is no number");
    }
}
