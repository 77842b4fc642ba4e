using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;

namespace FraudStreams.Diagnostics;

/// <summary>
/// What a running process says of itself, every few seconds, in a file of its own under hosts/ in its data folder: that it lives, whether its
/// topics answer, and which of its branches fail.
/// </summary>
/// <param name="TopicsFault">Why the topics do not answer, or null.</param>
public sealed record Heartbeat(
    string Machine, int ProcessId, ImmutableArray<string> Roles, DateTimeOffset At, string? TopicsFault, ImmutableSortedDictionary<string, FailingPipeline> Failing)
{
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>After this without a word a process stands still.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Why payments do not flow through this process as they should; empty where they do.</summary>
    public ImmutableArray<string> Faults(DateTimeOffset now) =>
    [
        .. now - At > Patience ? [$"it has not said anything since {At:u}: it stands still, or its data folder cannot be written"] : ImmutableArray<string>.Empty,
        .. TopicsFault is null ? ImmutableArray<string>.Empty : [TopicsFault],
        .. Failing.Select(branch => $"{branch.Key} has been failing since {branch.Value.Since:u}: {branch.Value.Why}"),
    ];

    /// <summary>The last words of the processes of this machine that are still there.</summary>
    public static ImmutableArray<Heartbeat> OfThisMachine(string dataDirectory) =>
        [.. All(dataDirectory).Where(pulse => IsThere(pulse.ProcessId)).OrderBy(pulse => pulse.ProcessId)];

    /// <summary>Takes away what processes of this machine left that died.</summary>
    public static void RemoveGone(string dataDirectory)
    {
        foreach (var gone in All(dataDirectory).Where(pulse => !IsThere(pulse.ProcessId)))
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

    static ImmutableArray<Heartbeat> All(string dataDirectory) => Directory.Exists(FolderOf(dataDirectory))
        ? [.. Directory.EnumerateFiles(FolderOf(dataDirectory), $"{Environment.MachineName}.*.json").Select(Read).OfType<Heartbeat>()]
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

    static string FolderOf(string dataDirectory) => Path.Combine(dataDirectory, "hosts");

    string PathOf(string dataDirectory) => Path.Combine(FolderOf(dataDirectory), $"{Machine}.{ProcessId}.json");
}
