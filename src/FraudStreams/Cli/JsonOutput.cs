using System.Buffers;
using System.Text;
using System.Text.Json;
using FraudStreams.Diagnostics;

namespace FraudStreams.Cli;

/// <summary>How --json prints: one object over several lines. docs/json.md lists each command's.</summary>
static class JsonOutput
{
    public static string Of<T>(T result) => JsonSerializer.Serialize(result, SnakeCaseJson.Options);

    public static void Print(Action<Utf8JsonWriter> write)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text, new JsonWriterOptions { Indented = true }))
            write(json);
        Console.Out.WriteLine(Encoding.UTF8.GetString(text.WrittenSpan));
    }

    public static void Print<T>(T result) => Console.Out.WriteLine(Of(result));
}
