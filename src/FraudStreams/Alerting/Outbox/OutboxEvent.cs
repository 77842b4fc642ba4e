using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using FraudStreams.Alerting.Channels;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// What the journal of a partition's alerts holds, as UTF-8 JSON: its meaning is in names of our own, so that neither a renamed type nor another
/// build of Akka.NET loses it. An alert's number is the sequence number of the event that raised it.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(AlertRaised), "raised")]
[JsonDerivedType(typeof(AlertsSettled), "settled")]
[JsonDerivedType(typeof(SettlementsNoted), "settlements")]
[JsonDerivedType(typeof(OutboxOpened), "opened")]
[JsonDerivedType(typeof(OutboxClosed), "closed")]
abstract record OutboxEvent
{
    static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    public static OutboxEvent From(byte[] json) => JsonSerializer.Deserialize<OutboxEvent>(json, Json)!;

    public static byte[] ToBytes<T>(T snapshot) => JsonSerializer.SerializeToUtf8Bytes(snapshot, Json);

    public static T From<T>(byte[] json) => JsonSerializer.Deserialize<T>(json, Json)!;
}

/// <param name="Channels">Which channels have to deliver it: those that were set when it was raised.</param>
sealed record AlertRaised(Alert Alert, ImmutableArray<string> Channels, DateTimeOffset At) : OutboxEvent;

/// <summary>A channel has nothing more to do for some alerts: it delivered them, or was refused for good.</summary>
/// <param name="MessageId">Of the message that they went out in; null where none did.</param>
sealed record AlertsSettled(
    string Channel, string Where, ImmutableArray<long> Alerts, string? MessageId, ImmutableArray<Refusal> Refusals, DateTimeOffset At) : OutboxEvent;

/// <summary>What settled while the event before this one was being written.</summary>
sealed record SettlementsNoted(ImmutableArray<AlertsSettled> Settlements) : OutboxEvent;

/// <summary>A host took the partition's alerts over.</summary>
/// <param name="RecordsFrom">What is added to an event's number to say how far alerts are on record: more than 0 once a journal began anew beside records of another.</param>
sealed record OutboxOpened(string Holder, DateTimeOffset At, long RecordsFrom = 0) : OutboxEvent;

/// <summary>Nothing is under way any more at the host that had them.</summary>
sealed record OutboxClosed(string Holder, DateTimeOffset At) : OutboxEvent;
