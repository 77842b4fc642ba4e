using System.Text.Json;

namespace Akka.Persistence.Sql;

/// <summary>
/// Payloads as Akka.NET's own serializers write them: bytes as they are, text as JSON. What has other events makes bytes of them itself, and is
/// then free of type names in its journal.
/// </summary>
internal static class PayloadText
{
    const int Json = 1;
    const int Bytes = 4;

    internal static (byte[] Message, int Identifier) Write(object payload) => payload switch
    {
        byte[] bytes => (bytes, Bytes),
        string text => (JsonSerializer.SerializeToUtf8Bytes(text), Json),
        _ => throw new NotSupportedException($"An event is kept as byte[] or string here; this one is a {payload?.GetType()}."),
    };

    internal static object Read(byte[] message, int identifier) => identifier switch
    {
        Bytes => message,
        Json => JsonSerializer.Deserialize<string>(message)!,
        _ => throw new NotSupportedException($"An event was written by serializer {identifier}, which is not known here."),
    };
}
