using System.Text.Json;

namespace FraudStreams.Model.Json;

/// <summary>Finds an array that a prediction adds to its transaction, such as <c>reasons</c>: <see cref="PredictionRows"/> has no cell for those.</summary>
static class PredictionField
{
    /// <summary>The array's JSON; empty if the record has no array of that name.</summary>
    /// <param name="prediction">A JSON object, in UTF-8.</param>
    /// <param name="name">Name of the property.</param>
    internal static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> prediction, ReadOnlySpan<byte> name)
    {
        var json = new Utf8JsonReader(prediction);
        while (json.Read())
        {
            if (json.CurrentDepth != 1 || json.TokenType != JsonTokenType.PropertyName)
                continue;
            var isIt = json.ValueTextEquals(name);
            json.Read();
            var start = (int)json.TokenStartIndex;
            json.Skip();
            if (isIt)
                return json.TokenType == JsonTokenType.EndArray ? prediction[start..(int)json.BytesConsumed] : default;
        }

        return default;
    }
}
