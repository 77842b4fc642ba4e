using System.Text.Json;
using System.Text.Json.Serialization;

namespace FraudStreams.Diagnostics;

/// <summary>How results are written as JSON: snake_case keys, words for enumerations, indented. docs/json.md lists those of the commands.</summary>
static class SnakeCaseJson
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = null,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };
}
