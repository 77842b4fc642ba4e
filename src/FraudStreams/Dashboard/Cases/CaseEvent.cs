using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FraudStreams.Dashboard.Cases;

/// <summary>A card's alerts within one window of event time.</summary>
/// <param name="Card">The payments' key: the card, or a payment's id where the data have no card. Never shown.</param>
/// <param name="Window">The window's number since 1970.</param>
public readonly record struct CaseKey(string Card, long Window)
{
    /// <summary>Payments of a card further apart than this are no one story. Fixed windows, so that every host finds the same cases, in whatever order payments come.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromDays(1);

    public static CaseKey Of(string card, long unixMilliseconds) => new(card, (long)Math.Floor(unixMilliseconds / Length.TotalMilliseconds));

    /// <summary>Not the card.</summary>
    public override string ToString() => $"case of window {Window}";
}

public enum CaseAction
{
    /// <summary>Somebody reads the case: it is theirs until a time.</summary>
    Held,

    /// <summary>It is nobody's again.</summary>
    Released,

    /// <summary>Its alerts are decided.</summary>
    Decided,

    /// <summary>The decision was undone, before its labels were published.</summary>
    Undone,

    /// <summary>The decision's labels are in topic `labels`.</summary>
    Labelled,
}

public enum Outcome
{
    Fraud,
    Legitimate,

    /// <summary>Looked at, and not to be told: it leaves no label.</summary>
    Unsure,
}

/// <summary>
/// An entry of topic `cases`. It counts where its revision is the next one of its case: of two hosts that act at once, the topic's order says who was first,
/// and the other one's entry does not count anywhere.
/// </summary>
/// <param name="Revision">From 1, by case.</param>
/// <param name="Id">Tells two entries of one revision apart.</param>
public sealed record CaseEvent(string Card, long Window, int Revision, Guid Id, CaseAction Action, string Actor, DateTimeOffset At)
{
    static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Until when it is held, of <see cref="CaseAction.Held"/>.</summary>
    public DateTimeOffset? Until { get; init; }

    public Outcome? Outcome { get; init; }

    /// <summary>The decision whose labels are published, of <see cref="CaseAction.Labelled"/>.</summary>
    public Guid? Decision { get; init; }

    /// <summary>The decided payments, of <see cref="CaseAction.Decided"/>.</summary>
    public ImmutableArray<string>? Payments { get; init; }

    /// <summary>The same as people may see them; null where nothing in them is secret.</summary>
    public ImmutableArray<string>? Masked { get; init; }

    [JsonIgnore]
    public CaseKey Key => new(Card, Window);

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, s_json);

    /// <summary>Null where the record is none, such as one of a later release.</summary>
    public static CaseEvent? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<CaseEvent>(json, s_json) is { Card: not null, Actor: not null } read ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
