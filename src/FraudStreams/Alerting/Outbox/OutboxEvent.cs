using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using FraudStreams.Alerting.Channels;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// Events of an outbox's journal, as UTF-8 JSON. Their names are our own, so that neither a renamed type nor another version of Akka.NET makes old
/// events unreadable. An alert's number is the sequence number of the event that raised it.
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

/// <param name="Channels">The channels that have to deliver it: those configured when it was raised.</param>
sealed record AlertRaised(Alert Alert, ImmutableArray<string> Channels, DateTimeOffset At) : OutboxEvent;

/// <summary>A channel is done with some alerts: they are delivered, or refused for good.</summary>
/// <param name="MessageId">Of the message that delivered them; null where none did.</param>
sealed record AlertsSettled(
    string Channel, string Where, ImmutableArray<long> Alerts, string? MessageId, ImmutableArray<Refusal> Refusals, DateTimeOffset At) : OutboxEvent;

/// <summary>The settlements that arrived while the event before this one was being written.</summary>
sealed record SettlementsNoted(ImmutableArray<AlertsSettled> Settlements) : OutboxEvent;

/// <summary>A host took over the partition's alerts.</summary>
/// <param name="RecordsFrom">Added to an event's number to get the delivery log's position: above 0 once a new journal replaced a lost one.</param>
sealed record OutboxOpened(string Holder, DateTimeOffset At, long RecordsFrom = 0) : OutboxEvent;

/// <summary>The host that had the partition's alerts has nothing in flight any more.</summary>
sealed record OutboxClosed(string Holder, DateTimeOffset At) : OutboxEvent;
