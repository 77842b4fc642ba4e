using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FraudStreams.ModelOps.Registry;

/// <summary>An entry as bytes: the SHA-256 of its JSON in hexadecimal, a line end, and the JSON.</summary>
static class RegistryCodec
{
    const int HashLength = 64;

    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static (RegistryEvent Entry, byte[] Bytes) Seal(RegistryEvent entry)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(entry, Json);
        var hash = Convert.ToHexStringLower(SHA256.HashData(json));
        return (entry with { Hash = hash }, [.. Encoding.ASCII.GetBytes($"{hash}\n"), .. json]);
    }

    /// <summary>Null, with the reason, where the bytes are no entry or not the ones that were sealed.</summary>
    public static RegistryEvent? Read(ReadOnlySpan<byte> bytes, out string reason)
    {
        reason = "it is no entry of the registry";
        if (bytes.Length <= HashLength || bytes[HashLength] != '\n')
            return null;
        var hash = Encoding.ASCII.GetString(bytes[..HashLength]);
        var json = bytes[(HashLength + 1)..];
        if (hash != Convert.ToHexStringLower(SHA256.HashData(json)))
        {
            reason = "its hash is not that of its text: it was changed after it was written";
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<RegistryEvent>(json, Json) is { } entry ? entry with { Hash = hash } : null;
        }
        catch (JsonException e)
        {
            reason = $"it cannot be read: {e.Message}";
            return null;
        }
    }
}
