using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FraudStreams.Diagnostics;

/// <summary>
/// What a running process reports of itself, every few seconds, in a file of its own under hosts/ in its data folder: that it lives, and what its health
/// checks found.
/// </summary>
/// <param name="ModelVersion">The version that scores in this process; null where it does not score.</param>
public sealed record Heartbeat(
    string Machine, int ProcessId, ImmutableArray<string> Roles, DateTimeOffset At, ImmutableSortedDictionary<string, CheckResult> Checks, string? ModelVersion = null)
{
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>After this without a heartbeat a process does not work. A check may take up to 10 s before one is written.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, Converters = { new JsonStringEnumConverter<CheckStatus>(JsonNamingPolicy.SnakeCaseLower) } };

    public bool IsHealthy(DateTimeOffset now) => !IsStale(now) && Checks.Values.All(check => check.Status != CheckStatus.Unhealthy);

    /// <summary>What is wrong, each with its reason; empty where nothing is.</summary>
    public ImmutableArray<string> Faults(DateTimeOffset now) =>
    [
        .. IsStale(now) ? [$"no heartbeat since {At:u}: it hangs, or its data folder cannot be written"] : ImmutableArray<string>.Empty,
        .. Checks.Where(check => check.Value.Status != CheckStatus.Healthy).Select(check => $"{check.Key} {check.Value.Status.ToString().ToLowerInvariant()}: {check.Value.Reason}"),
    ];

    /// <summary>The last heartbeats of the processes that run on the folder: of those of other machines that share it, the ones that wrote one lately.</summary>
    public static ImmutableArray<Heartbeat> OfAllHosts(string dataDirectory, DateTimeOffset now) =>
    [
        .. All(dataDirectory, "*").Where(heartbeat => heartbeat.Machine == Environment.MachineName ? IsThere(heartbeat.ProcessId) : !heartbeat.IsStale(now))
            .OrderBy(heartbeat => heartbeat.Machine, StringComparer.Ordinal).ThenBy(heartbeat => heartbeat.ProcessId),
    ];

    /// <summary>The last heartbeats of the processes of this machine that are still there.</summary>
    public static ImmutableArray<Heartbeat> OfThisMachine(string dataDirectory) =>
        [.. All(dataDirectory, Environment.MachineName).Where(heartbeat => IsThere(heartbeat.ProcessId)).OrderBy(heartbeat => heartbeat.ProcessId)];

    /// <summary>Takes away what processes of this machine left that died.</summary>
    public static void RemoveGone(string dataDirectory)
    {
        foreach (var gone in All(dataDirectory, Environment.MachineName).Where(heartbeat => !IsThere(heartbeat.ProcessId)))
            gone.Remove(dataDirectory);
    }

    public void Write(string dataDirectory)
    {
        var path = PathOf(dataDirectory);
        Directory.CreateDirectory(FolderOf(dataDirectory));
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(this, Json));
        File.Move(path + ".new", path, overwrite: true);
    }

    public void Remove(string dataDirectory) => File.Delete(PathOf(dataDirectory));

    static ImmutableArray<Heartbeat> All(string dataDirectory, string machine) => Directory.Exists(FolderOf(dataDirectory))
        ? [.. Directory.EnumerateFiles(FolderOf(dataDirectory), $"{machine}.*.json").Select(Read).OfType<Heartbeat>()]
        : [];

    static Heartbeat? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Heartbeat>(File.ReadAllBytes(path), Json);
        }
        catch (FileNotFoundException)
        {
            // It ended between two looks.
            return null;
        }
    }

    static bool IsThere(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    bool IsStale(DateTimeOffset now) => now - At > Patience;

    static string FolderOf(string dataDirectory) => Path.Combine(dataDirectory, "hosts");

    string PathOf(string dataDirectory) => Path.Combine(FolderOf(dataDirectory), $"{Machine}.{ProcessId}.json");
}

public enum CheckStatus
{
    Healthy,

    /// <summary>Works, and needs somebody's attention.</summary>
    Degraded,

    Unhealthy,
}

/// <param name="Reason">Why it is not healthy, and what would help; empty where it is.</param>
public sealed record CheckResult(CheckStatus Status, string Reason);
