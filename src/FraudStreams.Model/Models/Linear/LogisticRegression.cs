using System.Collections.Immutable;
using System.Text.Json;
using FraudStreams.Model.Features;

namespace FraudStreams.Model.Models.Linear;

/// <summary>
/// A logistic regression, the baseline for the trees: numbers are standardised, missing ones imputed with the mean plus an indicator, categories
/// one-hot. ML.NET trains it (<see cref="MLNet.MLNetTraining"/>). Immutable and thread-safe.
/// </summary>
public sealed class LogisticRegression : IScorer
{
    const string Format = "fraudstreams-logistic";
    const int Version = 1;

    readonly LinearEncoding[] _encodings;
    readonly double[] _weights;

    /// <param name="features">Name and kind of each feature.</param>
    /// <param name="encodings">One a feature, their slots one after the other.</param>
    /// <param name="weights">One for each slot, then the intercept.</param>
    internal LogisticRegression(ImmutableArray<FeatureColumn> features, LinearEncoding[] encodings, double[] weights)
    {
        Features = features;
        _encodings = encodings;
        _weights = weights;
    }

    /// <summary>Name and kind of each feature, in the order of the values of a row.</summary>
    public ImmutableArray<FeatureColumn> Features { get; }

    /// <inheritdoc/>
    public int FeatureCount => Features.Length;

    /// <summary>Log-odds of a row whose numbers are all at their mean and whose categories are all unknown.</summary>
    public double Intercept => _weights[^1];

    /// <summary>
    /// The weights of one feature, in log-odds. A number has two, for one standard deviation and for being missing; a category has one for each
    /// known code, by ascending code.
    /// </summary>
    /// <param name="feature">Index in <see cref="Features"/>.</param>
    public ImmutableArray<double> WeightsOf(int feature) => [.. _weights.AsSpan(_encodings[feature].Slot, _encodings[feature].Slots)];

    /// <inheritdoc/>
    public void Score(ReadOnlySpan<double> features, Span<double> scores)
    {
        if (features.Length != (long)scores.Length * FeatureCount)
            throw new ArgumentException(
                $"{scores.Length} rows of {FeatureCount} features are {(long)scores.Length * FeatureCount} values, not {features.Length}.");
        for (var row = 0; row < scores.Length; row++)
        {
            var margin = Intercept;
            for (var f = 0; f < _encodings.Length; f++) margin += Term(f, features[row * _encodings.Length + f]);
            scores[row] = 1 / (1 + Math.Exp(-margin));
        }
    }

    /// <summary>What a feature's value adds to the log-odds.</summary>
    internal double Term(int feature, double value)
    {
        var (slot, encoded) = _encodings[feature].Encode(value);
        return slot >= 0 ? _weights[slot] * encoded : 0;
    }

    /// <summary>Scores one row, with the same bits as in a batch.</summary>
    /// <param name="row"><see cref="FeatureCount"/> values.</param>
    /// <returns>Probability of fraud, 0..1.</returns>
    public double Score(ReadOnlySpan<double> row)
    {
        var score = 0.0;
        Score(row, new Span<double>(ref score));
        return score;
    }

    /// <summary>Writes the model as one JSON object. <see cref="Load"/> gives the same model, bit for bit.</summary>
    /// <param name="stream">Receives the UTF-8 text; not closed.</param>
    public void Save(Stream stream)
    {
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        ModelJson.WriteHead(json, Format, Version);
        json.WriteNumber("intercept", Intercept);
        json.WriteStartArray("features");
        for (var f = 0; f < _encodings.Length; f++)
        {
            json.WriteStartObject();
            ModelJson.WriteColumn(json, Features[f]);
            json.WriteNumber("mean", _encodings[f].Mean);
            json.WriteNumber("deviation", _encodings[f].Deviation);
            json.WriteStartArray("codes");
            foreach (var code in _encodings[f].Codes ?? []) json.WriteNumberValue(code);
            json.WriteEndArray();
            json.WriteStartArray("weights");
            foreach (var weight in WeightsOf(f)) json.WriteNumberValue(weight);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="utf8">The whole file.</param>
    /// <exception cref="ModelFormatException">The file is truncated, has another format or version, or is inconsistent; the message says
    /// where.</exception>
    public static LogisticRegression Load(ReadOnlyMemory<byte> utf8) => ModelJson.Read(utf8, "The logistic regression's numbers", Format, Version, Read);

    static LogisticRegression Read(JsonElement root)
    {
        var features = ImmutableArray.CreateBuilder<FeatureColumn>();
        var encodings = new List<LinearEncoding>();
        var weights = new List<double>();
        foreach (var feature in root.GetProperty("features").EnumerateArray())
        {
            var column = ModelJson.ReadColumn(feature);
            int[] codes = [.. feature.GetProperty("codes").EnumerateArray().Select(e => e.GetInt32())];
            double[] own = [.. feature.GetProperty("weights").EnumerateArray().Select(e => e.GetDouble())];
            var encoding = new LinearEncoding(
                weights.Count,
                feature.GetProperty("mean").GetDouble(),
                feature.GetProperty("deviation").GetDouble(),
                column.Kind == FeatureKind.Number ? null : codes);
            if (own.Length != encoding.Slots)
                throw new ModelFormatException($"Feature '{column.Name}' has {own.Length} weights; it needs {encoding.Slots}.");
            features.Add(column);
            encodings.Add(encoding);
            weights.AddRange(own);
        }
        return new LogisticRegression(features.ToImmutable(), [.. encodings], [.. weights, root.GetProperty("intercept").GetDouble()]);
    }
}
