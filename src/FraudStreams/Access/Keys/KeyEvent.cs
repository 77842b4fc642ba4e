using System.Text.Json;
using System.Text.Json.Serialization;

namespace FraudStreams.Access.Keys;

public enum KeyAction
{
    Added,
    Revoked,
}

/// <summary>An entry of topic `keys`.</summary>
/// <param name="Id">Tells two entries of one moment apart.</param>
/// <param name="Role">By its name.</param>
sealed record KeyEvent(Guid Id, KeyAction Action, string Name, string Role, string Prefix, string Hash, string Actor, DateTimeOffset At)
{
    static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, s_json);

    /// <summary>Null where the record is none, such as one of a later release.</summary>
    public static KeyEvent? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<KeyEvent>(json, s_json) is { Name: not null, Role: not null, Hash: not null, Prefix: not null, Actor: not null } read ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
