using System.Text.Json;

namespace FraudStreams.Model.Models;

/// <summary>
/// Rows of features with the scores that the model gave them when the version was made. They are scored again whenever it is loaded: a host that gives other
/// bits, for whatever reason, does not use it.
/// </summary>
public sealed class SelfTest
{
    /// <summary>The number of rows that are kept at most.</summary>
    public const int MaxRows = 64;

    const string Format = "fraudstreams-self-test";
    const int FormatVersion = 1;

    readonly double[] _values;
    readonly double[] _scores;

    SelfTest(double[] values, double[] scores) => (_values, _scores) = (values, scores);

    /// <summary>The number of rows.</summary>
    public int Rows => _scores.Length;

    /// <summary>Takes rows, spread over those given, and scores them.</summary>
    /// <param name="scorer">The model.</param>
    /// <param name="values">rows × <see cref="IScorer.FeatureCount"/> values, row-major, at least one row; NaN is a missing value.</param>
    public static SelfTest Of(IScorer scorer, ReadOnlySpan<double> values)
    {
        var (width, given) = (scorer.FeatureCount, values.Length / scorer.FeatureCount);
        var rows = Math.Min(MaxRows, given);
        var kept = new double[rows * width];
        for (var row = 0; row < rows; row++)
            values.Slice((int)((long)row * given / rows) * width, width).CopyTo(kept.AsSpan(row * width));
        var scores = new double[rows];
        scorer.Score(kept, scores);
        return new SelfTest(kept, scores);
    }

    /// <summary>Scores the rows again, together and one by one.</summary>
    /// <returns>Null, or which row has another score.</returns>
    public string? Run(IScorer scorer)
    {
        if (_values.Length != Rows * scorer.FeatureCount)
            return $"its rows have {_values.Length / Math.Max(1, Rows)} features, and the model takes {scorer.FeatureCount}";
        var (scores, alone) = (new double[Rows], new double[1]);
        scorer.Score(_values, scores);
        for (var row = 0; row < Rows; row++)
        {
            scorer.Score(_values.AsSpan(row * scorer.FeatureCount, scorer.FeatureCount), alone);
            if (!Same(scores[row], _scores[row]) || !Same(alone[0], _scores[row]))
                return $"row {row + 1} of {Rows} was scored {_scores[row]:R} when the version was made, and is scored {scores[row]:R} here, and {alone[0]:R} alone";
        }

        return null;
    }

    /// <summary>As UTF-8; a missing value is null, and numbers read as the same bits.</summary>
    internal byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("format", Format);
            json.WriteNumber("version", FormatVersion);
            json.WriteStartArray("rows");
            for (var row = 0; row < Rows; row++)
            {
                var width = _values.Length / Rows;
                json.WriteStartObject();
                json.WriteStartArray("features");
                foreach (var value in _values.AsSpan(row * width, width))
                {
                    if (double.IsNaN(value))
                        json.WriteNullValue();
                    else
                        json.WriteNumberValue(value);
                }

                json.WriteEndArray();
                json.WriteNumber("score", _scores[row]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <exception cref="ModelFormatException">The bytes are no self-test that this program reads.</exception>
    internal static SelfTest Read(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var json = JsonDocument.Parse(utf8);
            var root = json.RootElement;
            if (root.GetProperty("format").GetString() != Format || root.GetProperty("version").GetInt32() != FormatVersion)
                throw new ModelFormatException("it is no self-test of this release");
            var rows = root.GetProperty("rows").EnumerateArray().ToArray();
            return new SelfTest(
                [.. rows.SelectMany(row => row.GetProperty("features").EnumerateArray().Select(value => value.ValueKind == JsonValueKind.Null ? double.NaN : value.GetDouble()))],
                [.. rows.Select(row => row.GetProperty("score").GetDouble())]);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new ModelFormatException($"it cannot be read: {e.Message}", e);
        }
    }

    static bool Same(double one, double other) => BitConverter.DoubleToInt64Bits(one) == BitConverter.DoubleToInt64Bits(other);
}
