using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FraudStreams.Diagnostics;

/// <summary>What a running process reports of itself every few seconds: that it lives, and what its health checks found.</summary>
/// <param name="At">When it was written, for people.</param>
/// <param name="UptimeMs">
/// The same by the clock that counts on while the machine runs and that nobody sets: all processes of a machine read the same. Null in a file of another
/// release.
/// </param>
/// <param name="ModelVersion">The version that scores in this process; null where it does not score.</param>
/// <param name="AlertsWaiting">Alerts that are raised and not delivered yet; null where the process does not alert, or another release wrote the file.</param>
public sealed record Heartbeat(
    string Machine, int ProcessId, ImmutableArray<string> Roles, DateTimeOffset At, long? UptimeMs, ImmutableSortedDictionary<string, CheckResult> Checks, string? ModelVersion = null,
    int? AlertsWaiting = null)
{
    /// <summary>The partitions that it consumes, by group; empty in a file of another release.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<int>> Partitions { get; init; } = ImmutableSortedDictionary<string, ImmutableArray<int>>.Empty;

    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>After this without a heartbeat a process does not work. A check may take up to 10 s before one is written.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Milliseconds of the machine's monotonic clock.</summary>
    public static long UptimeOf(TimeProvider time) => (long)time.GetElapsedTime(0).TotalMilliseconds;

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Written.Options);

    /// <summary>Takes what it knows of a file that another release may have written.</summary>
    /// <exception cref="FormatException">The text is none, is cut off, or lacks what every release writes; the message says which.</exception>
    public static Heartbeat FromJson(ReadOnlyMemory<byte> json)
    {
        if (json.IsEmpty)
            throw new FormatException("it is empty");
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            return new Heartbeat(
                root.GetProperty("machine").GetString() ?? "",
                root.GetProperty("process_id").GetInt32(),
                [.. root.GetProperty("roles").EnumerateArray().Select(role => role.GetString() ?? "")],
                root.GetProperty("at").GetDateTimeOffset(),
                root.TryGetProperty("uptime_ms", out var uptime) && uptime.ValueKind == JsonValueKind.Number && uptime.TryGetInt64(out var milliseconds) ? milliseconds : null,
                root.GetProperty("checks").EnumerateObject().ToImmutableSortedDictionary(check => check.Name, check => CheckFrom(check.Value)),
                root.TryGetProperty("model_version", out var version) ? version.GetString() : null,
                root.TryGetProperty("alerts_waiting", out var waiting) && waiting.ValueKind == JsonValueKind.Number && waiting.TryGetInt32(out var alerts) ? alerts : null)
            {
                Partitions = root.TryGetProperty("partitions", out var partitions)
                    ? partitions.EnumerateObject().ToImmutableSortedDictionary(group => group.Name, group => group.Value.EnumerateArray().Select(number => number.GetInt32()).ToImmutableArray())
                    : ImmutableSortedDictionary<string, ImmutableArray<int>>.Empty,
            };
        }
        catch (KeyNotFoundException e)
        {
            throw new FormatException("it lacks what this release expects: another one wrote it", e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new FormatException("it is not whole, or another release wrote it", e);
        }
    }

    /// <summary>How long ago it was written, whatever the machine's clock was set to since.</summary>
    public TimeSpan Age(TimeProvider time) => UptimeMs is { } uptime ? TimeSpan.FromMilliseconds(UptimeOf(time) - uptime) : time.GetUtcNow() - At;

    /// <summary>Whether it is written as often as it should be.</summary>
    public CheckResult Liveness(TimeProvider time)
    {
        var age = Age(time);
        if (age > Patience)
            return new CheckResult(CheckStatus.Unhealthy, $"none for {age.TotalSeconds:0} s, since {At:u}: the process hangs, or its data folder cannot be written");
        return age < -Patience
            ? new CheckResult(CheckStatus.Unhealthy, $"it is dated {-age.TotalSeconds:0} s ahead of this machine's clock: another machine's clock, or another release, wrote it")
            : CheckResult.Healthy;
    }

    static CheckResult CheckFrom(JsonElement check)
    {
        var status = check.GetProperty("status").GetString();
        var reason = check.TryGetProperty("reason", out var text) ? text.GetString() ?? "" : "";
        return status switch
        {
            "healthy" => new CheckResult(CheckStatus.Healthy, reason),
            "degraded" => new CheckResult(CheckStatus.Degraded, reason),
            "unhealthy" => new CheckResult(CheckStatus.Unhealthy, reason),
            _ => new CheckResult(CheckStatus.Unhealthy, $"its status is {status}, which this release does not know. {reason}".TrimEnd()),
        };
    }

    /// <summary>Apart, so that a command that only reads does not prepare for writing.</summary>
    static class Written
    {
        public static readonly JsonSerializerOptions Options = new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            WriteIndented = true,
            Converters = { new JsonStringEnumConverter<CheckStatus>(JsonNamingPolicy.SnakeCaseLower) },
        };
    }
}

/// <summary>In the order of how bad it is.</summary>
public enum CheckStatus
{
    Healthy,

    /// <summary>Works, and needs somebody's attention.</summary>
    Degraded,

    Unhealthy,
}

/// <param name="Reason">Why it is not healthy, and what would help; empty where it is.</param>
public sealed record CheckResult(CheckStatus Status, string Reason)
{
    public static readonly CheckResult Healthy = new(CheckStatus.Healthy, "");
}
