using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FraudStreams.Access.Audit;

/// <summary>A change: who did what to what, and what it was before and after. Holds no card number and no other secret.</summary>
/// <param name="Action">What was done, such as speed.changed or model.promoted.</param>
/// <param name="Subject">To what, such as speed_2 or a model's version.</param>
public sealed record AuditEntry(DateTimeOffset At, string Actor, string Action, string Subject)
{
    static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Null where there was nothing, or where only the fact counts.</summary>
    public string? Before { get; init; }

    public string? After { get; init; }

    public string? Why { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, s_json);

    /// <summary>Null where the record is none, such as one of a later release.</summary>
    public static AuditEntry? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<AuditEntry>(json, s_json) is { Actor: not null, Action: not null, Subject: not null } read ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A log of changes. What has a log of its own, such as the model registry, is read there and not written twice.</summary>
public interface IAuditSource
{
    /// <summary>All of its entries, oldest first.</summary>
    /// <exception cref="Messaging.MessageLogException">It cannot be read now.</exception>
    Task<ImmutableArray<AuditEntry>> ReadAuditAsync(CancellationToken cancellationToken);
}

/// <summary>Which entries are wanted; null: all.</summary>
/// <param name="Actor">Exactly.</param>
/// <param name="Action">Exactly, or what stands before the dot, such as `model`.</param>
/// <param name="From">The oldest.</param>
/// <param name="Before">Entries of this moment and later are left out.</param>
public sealed record AuditFilter(string? Actor = null, string? Action = null, string? Subject = null, DateTimeOffset? From = null, DateTimeOffset? Before = null)
{
    public bool Takes(AuditEntry entry) =>
        (Actor is null || entry.Actor == Actor)
        && (Action is null || entry.Action == Action || entry.Action.StartsWith($"{Action}.", StringComparison.Ordinal))
        && (Subject is null || entry.Subject.Contains(Subject, StringComparison.Ordinal))
        && (From is null || entry.At >= From)
        && (Before is null || entry.At < Before);
}

/// <summary>The changes of all logs together.</summary>
public static class AuditTrail
{
    /// <returns>Latest first.</returns>
    /// <exception cref="Messaging.MessageLogException">One cannot be read now.</exception>
    public static async Task<ImmutableArray<AuditEntry>> ReadAsync(IEnumerable<IAuditSource> sources, AuditFilter filter, CancellationToken cancellationToken)
    {
        var entries = ImmutableArray.CreateBuilder<AuditEntry>();
        foreach (var source in sources)
            entries.AddRange((await source.ReadAuditAsync(cancellationToken)).Where(filter.Takes));
        return [.. entries.OrderByDescending(entry => entry.At)];
    }
}
