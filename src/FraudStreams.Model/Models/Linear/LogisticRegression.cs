using System.Collections.Immutable;
using System.Text.Json;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.Model.Models.Linear;

/// <summary>
/// Logistic regression, the baseline that trees have to beat: numbers standardised, missing ones imputed by the mean with an indicator,
/// categories one weight each. Immutable; scores from any number of threads at once.
/// </summary>
public sealed class LogisticRegression : IScorer
{
    const string Format = "fraudstreams-logistic";
    const int Version = 1;

    readonly LinearEncoding[] _encodings;
    readonly double[] _weights;

    LogisticRegression(ImmutableArray<FeatureColumn> features, LinearEncoding[] encodings, double[] weights)
    {
        Features = features;
        _encodings = encodings;
        _weights = weights;
    }

    /// <summary>Names and kinds of the features, in the order of a row.</summary>
    public ImmutableArray<FeatureColumn> Features { get; }

    /// <inheritdoc/>
    public int FeatureCount => Features.Length;

    /// <summary>Log-odds of a row whose numbers are all at their means and whose categories are all unknown.</summary>
    public double Intercept => _weights[^1];

    /// <summary>
    /// The weights of one feature: a number's are for one standard deviation and for being missing; a category's one a known code,
    /// ascending.
    /// </summary>
    public ImmutableArray<double> WeightsOf(int feature) => [.. _weights.AsSpan(_encodings[feature].Slot, _encodings[feature].Slots)];

    /// <summary>Trains by Newton's method; the same rows and settings give the same model, bit for bit, on any number of threads.</summary>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static LogisticRegression Train(TrainingSet train, LogisticSettings settings, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Check();
        var encodings = LinearEncoding.Of(train, settings.MaxCategories);
        return new LogisticRegression(train.Features, encodings, new LogisticTraining(train, settings, encodings).Run(ct));
    }

    /// <inheritdoc/>
    public void Score(ReadOnlySpan<double> features, Span<double> scores)
    {
        if (features.Length != (long)scores.Length * FeatureCount)
            throw new ArgumentException(
                $"{scores.Length} rows of {FeatureCount} features are {(long)scores.Length * FeatureCount} values, not {features.Length}.");
        for (var row = 0; row < scores.Length; row++)
        {
            var margin = Intercept;
            for (var f = 0; f < _encodings.Length; f++)
            {
                var (slot, value) = _encodings[f].Encode(features[row * _encodings.Length + f]);
                if (slot >= 0) margin += _weights[slot] * value;
            }
            scores[row] = 1 / (1 + Math.Exp(-margin));
        }
    }

    /// <summary>Scores one row: the same bits as in a batch.</summary>
    public double Score(ReadOnlySpan<double> row)
    {
        var score = 0.0;
        Score(row, new Span<double>(ref score));
        return score;
    }

    /// <summary>Writes the model as one JSON object. Reading it back gives a model of the same bits.</summary>
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
    /// <exception cref="ModelFormatException">It is cut short, of another format or version, or contradicts itself; the message says
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
