using System.Globalization;
using System.Text.Json;

namespace FraudStreams.Model.Json;

/// <summary>
/// The feature values in a prediction record, property <c>feature_values</c>: a JSON array in the order of the model's <c>FeaturePlan</c>, with null for
/// a missing value.
/// </summary>
public static class FeatureValues
{
    /// <summary>Reads the values back, to the same bits.</summary>
    /// <param name="prediction">A record that <see cref="PredictionReader"/> has accepted, in UTF-8.</param>
    /// <returns>One value a feature, NaN for a missing one; null if the record has no feature values.</returns>
    /// <exception cref="JsonException">The record is not JSON.</exception>
    public static double[]? Read(ReadOnlySpan<byte> prediction)
    {
        var json = new Utf8JsonReader(prediction);
        while (json.Read())
        {
            if (json.CurrentDepth != 1 || json.TokenType != JsonTokenType.PropertyName)
                continue;
            var isIt = json.ValueTextEquals("feature_values"u8);
            json.Read();
            if (!isIt)
            {
                json.Skip();
                continue;
            }

            if (json.TokenType != JsonTokenType.StartArray)
                return null;
            var values = new List<double>();
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                values.Add(json.TokenType == JsonTokenType.Number ? json.GetDouble() : double.NaN);
            return [.. values];
        }

        return null;
    }

    internal static void Write(ReadOnlySpan<double> features, Span<byte> room, ref int at)
    {
        ",\"feature_values\":["u8.CopyTo(room[at..]);
        at += ",\"feature_values\":["u8.Length;
        for (var feature = 0; feature < features.Length; feature++)
        {
            if (feature > 0)
                room[at++] = (byte)',';
            if (double.IsNaN(features[feature]))
            {
                "null"u8.CopyTo(room[at..]);
                at += 4;
                continue;
            }

            features[feature].TryFormat(room[at..], out var length, default, CultureInfo.InvariantCulture);
            at += length;
        }

        room[at++] = (byte)']';
    }
}
