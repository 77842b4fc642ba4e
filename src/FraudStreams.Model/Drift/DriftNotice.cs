using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace FraudStreams.Model.Drift;

/// <summary>What happened to an alarm.</summary>
public enum DriftNoticeState
{
    /// <summary>It is new: people are to be told of it.</summary>
    Raised,

    /// <summary>They were told, or nobody is to be.</summary>
    Told,

    /// <summary>It is not confirmed any more: the same feature may raise another.</summary>
    Over,
}

/// <summary>A record of topic `drift` about an alarm. Whoever watches next, after a restart or on another host, neither forgets to tell of it nor raises it again.</summary>
/// <param name="Version">The version that scored.</param>
public sealed record DriftNotice(string Version, DriftNoticeState State, DriftAlarm Alarm)
{
    /// <summary>The alarm's name where only plain names will do; the same alarm always has the same.</summary>
    public string Id => $"drift-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"{Version}\n{Alarm.Name}\n{Alarm.ConfirmedAt.ToUnixTimeSeconds()}"))))[..40]}";

    /// <summary>As a record of the topic.</summary>
    public void Write(IBufferWriter<byte> into)
    {
        using var json = new Utf8JsonWriter(into);
        json.WriteStartObject();
        json.WriteString("version"u8, Version);
        json.WriteString("notice"u8, State.ToString().ToLowerInvariant());
        json.WriteString("name"u8, Alarm.Name);
        json.WriteString("since"u8, Alarm.Since);
        json.WriteString("confirmed_at"u8, Alarm.ConfirmedAt);
        json.WriteString("until"u8, Alarm.Until);
        json.WriteNumber("effect"u8, Alarm.Effect);
        json.WriteString("what"u8, Alarm.What);
        json.WriteEndObject();
    }

    internal static DriftNotice? Read(JsonElement root, string version) => Enum.TryParse<DriftNoticeState>(root.GetProperty("notice").GetString(), ignoreCase: true, out var state)
        ? new DriftNotice(version, state, new DriftAlarm(
            root.GetProperty("name").GetString() ?? "", root.GetProperty("since").GetDateTimeOffset(), root.GetProperty("confirmed_at").GetDateTimeOffset(),
            root.GetProperty("until").GetDateTimeOffset(), root.GetProperty("effect").GetDouble(), root.GetProperty("what").GetString() ?? ""))
        : null;
}
