using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using FraudStreams.Model.Models;

namespace FraudStreams.Model.Explanation;

/// <summary>Gives the reasons of a model version's scores. Immutable and thread-safe.</summary>
public sealed class ModelExplainer
{
    /// <summary>The number of reasons that are given by default.</summary>
    public const int DefaultReasons = 4;

    /// <summary>A source that adds less changes the odds by less than one percent, and is no reason.</summary>
    const double MinLogOdds = 0.01;

    readonly ScoringModel _model;
    readonly ReasonText _text;

    /// <summary>For each feature the number of its source, and how many sources there are.</summary>
    readonly int[] _sourceOf;
    readonly int _sources;

    ModelExplainer(ScoringModel model, Explainer explainer)
    {
        _model = model;
        Explainer = explainer;
        _text = new ReasonText(model.Features, model.Card.Usual);
        var numbers = new Dictionary<string, int>();
        _sourceOf = [.. model.Schema.Features.Select(feature => FeatureSource.CodeOf(feature)).Select(code =>
        {
            if (!numbers.TryGetValue(code, out var number))
                numbers.Add(code, number = numbers.Count);
            return number;
        })];
        _sources = numbers.Count;
    }

    /// <summary>Attributes log-odds to single features.</summary>
    public Explainer Explainer { get; }

    /// <summary>Prepares the reasons of a model version.</summary>
    /// <param name="model">The version.</param>
    /// <param name="explainer">Null if it gives no reasons.</param>
    /// <param name="why">Why not, and what to do.</param>
    public static bool TryCreate(ScoringModel model, [NotNullWhen(true)] out ModelExplainer? explainer, out string? why)
    {
        explainer = Explainer.TryCreate(model.RawScorer, out var attribution, out why) ? new ModelExplainer(model, attribution) : null;
        why = why is null ? null : $"model {model.Version}: {why}";
        return explainer is not null;
    }

    /// <summary>The sources that raise a row's score most, the strongest first.</summary>
    /// <param name="features">The row's features.</param>
    /// <param name="most">The maximum number of reasons.</param>
    /// <exception cref="ArgumentException">It is not one row.</exception>
    public ImmutableArray<Reason> Reasons(ReadOnlySpan<double> features, int most = DefaultReasons)
    {
        var contributions = ArrayPool<double>.Shared.Rent(Explainer.FeatureCount);
        try
        {
            Explainer.Explain(features, contributions.AsSpan(0, Explainer.FeatureCount));
            return Reasons(features, contributions.AsSpan(0, Explainer.FeatureCount), most);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(contributions);
        }
    }

    /// <summary>The sources that raise a row's score most, the strongest first.</summary>
    /// <param name="features">The row's features.</param>
    /// <param name="contributions">What the explainer attributes to each.</param>
    /// <param name="most">The maximum number of reasons.</param>
    /// <exception cref="ArgumentException">It is not one row.</exception>
    public ImmutableArray<Reason> Reasons(ReadOnlySpan<double> features, ReadOnlySpan<double> contributions, int most = DefaultReasons)
    {
        if (features.Length != Explainer.FeatureCount || contributions.Length != Explainer.FeatureCount)
            throw new ArgumentException(
                $"{features.Length} values and {contributions.Length} contributions are not a row of {Explainer.FeatureCount} features.");
        var sums = new double[_sources];
        var strongest = new int[_sources];
        Array.Fill(strongest, -1);
        for (var feature = 0; feature < contributions.Length; feature++)
        {
            var source = _sourceOf[feature];
            sums[source] += contributions[feature];
            if (strongest[source] < 0 || contributions[feature] > contributions[strongest[source]])
                strongest[source] = feature;
        }

        var reasons = ImmutableArray.CreateBuilder<Reason>(Math.Min(most, _sources));
        // Ties go to the earlier source, because the order is stable.
        foreach (var source in Enumerable.Range(0, _sources).Where(source => sums[source] >= MinLogOdds).OrderByDescending(source => sums[source]).Take(most))
            reasons.Add(_text.Of(_model.Schema.Features[strongest[source]], features[strongest[source]], sums[source]));
        return reasons.ToImmutable();
    }
}
