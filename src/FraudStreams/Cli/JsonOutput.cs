using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FraudStreams.Cli;

/// <summary>How --json prints: snake_case keys, words for enumerations, one object over several lines. docs/json.md lists each command's.</summary>
static class JsonOutput
{
    static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = null,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static string Of<T>(T result) => JsonSerializer.Serialize(result, s_options);

    public static void Print(Action<Utf8JsonWriter> write)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text, new JsonWriterOptions { Indented = true }))
            write(json);
        Console.Out.WriteLine(Encoding.UTF8.GetString(text.WrittenSpan));
    }

    public static void Print<T>(T result) => Console.Out.WriteLine(Of(result));
}
