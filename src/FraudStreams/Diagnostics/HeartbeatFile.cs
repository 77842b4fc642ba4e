using System.Collections.Immutable;

namespace FraudStreams.Diagnostics;

/// <summary>
/// The file of a process's <see cref="Heartbeat"/> under hosts/ of its data folder, and beside it a lock that the process holds for as long as it runs,
/// however it ends. What a process that died has left there is nobody's: its id may be another program's by now.
/// </summary>
public sealed class HeartbeatFile(string dataDirectory) : IDisposable
{
    const string HeartbeatSuffix = ".json";
    const string DraftSuffix = ".json.new";
    const string LockSuffix = ".lock";

    static readonly string[] s_suffixes = [HeartbeatSuffix, DraftSuffix, LockSuffix];

    readonly string _path = Path.Combine(FolderOf(dataDirectory), $"{Environment.MachineName}.{Environment.ProcessId}");
    FileStream? _lock;

    public void Write(Heartbeat heartbeat)
    {
        Directory.CreateDirectory(FolderOf(dataDirectory));

        // Another process may have cleaned up the lock's file between its creation and its locking.
        if (_lock is null || !File.Exists(_path + LockSuffix))
        {
            _lock?.Dispose();
            _lock = new FileStream(_path + LockSuffix, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }

        var written = _path + DraftSuffix;
        File.WriteAllBytes(written, heartbeat.ToJson());
        File.Move(written, _path + HeartbeatSuffix, overwrite: true);
    }

    /// <summary>The process ends: takes its files away.</summary>
    public void Dispose()
    {
        if (_lock is null)
            return;
        _lock.Dispose();
        _lock = null;
        Remove(_path);
    }

    /// <summary>The processes of this machine that run on the data folder, each with its last heartbeat, or with why that cannot be read.</summary>
    public static ImmutableArray<RunningHost> OfThisMachine(string dataDirectory) =>
        [.. Left(dataDirectory).Where(IsRunning).Select(Read).OrderBy(host => host.ProcessId)];

    /// <summary>The last heartbeats that can be read of the processes that run on the folder; of other machines that share it, those written lately.</summary>
    public static ImmutableArray<Heartbeat> OfAllMachines(string dataDirectory, DateTimeOffset now) =>
    [
        .. OfThisMachine(dataDirectory).Select(host => host.Heartbeat).OfType<Heartbeat>(),
        .. OfOthers(dataDirectory).Where(heartbeat => now - heartbeat.At <= Heartbeat.Patience).OrderBy(heartbeat => heartbeat.Machine, StringComparer.Ordinal).ThenBy(heartbeat => heartbeat.ProcessId),
    ];

    /// <summary>Takes away what processes of this machine left that died.</summary>
    public static void RemoveGone(string dataDirectory)
    {
        foreach (var gone in Left(dataDirectory).Where(path => !IsRunning(path)).ToList())
            Remove(gone);
    }

    /// <summary>What lies there of this machine's processes, without the suffixes.</summary>
    static IEnumerable<string> Left(string dataDirectory) => Directory.Exists(FolderOf(dataDirectory))
        ? Directory.EnumerateFiles(FolderOf(dataDirectory), $"{Environment.MachineName}.*")
            .Select(path => s_suffixes.Where(suffix => path.EndsWith(suffix, StringComparison.Ordinal)).Select(suffix => path[..^suffix.Length]).FirstOrDefault() ?? path)
            .Where(path => ProcessIdOf(path) is not null).Distinct(StringComparer.Ordinal)
        : [];

    static IEnumerable<Heartbeat> OfOthers(string dataDirectory) => Directory.Exists(FolderOf(dataDirectory))
        ? Directory.EnumerateFiles(FolderOf(dataDirectory), $"*{HeartbeatSuffix}").Select(path => Read(path[..^HeartbeatSuffix.Length]).Heartbeat)
            .OfType<Heartbeat>().Where(heartbeat => heartbeat.Machine != Environment.MachineName)
        : [];

    /// <summary>Null for the file of a machine whose name only begins as this one's.</summary>
    static int? ProcessIdOf(string path) => Path.GetFileName(path) is var name && name.StartsWith($"{Environment.MachineName}.", StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(Environment.MachineName.Length + 1), out var id) ? id : null;

    /// <summary>The operating system grants the lock to whoever asks once its process is gone.</summary>
    static bool IsRunning(string path)
    {
        try
        {
            using var free = new FileStream(path + LockSuffix, FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    static RunningHost Read(string path)
    {
        var processId = ProcessIdOf(path) ?? 0;
        try
        {
            return new RunningHost(processId, Heartbeat.FromJson(File.ReadAllBytes(path + HeartbeatSuffix)), null);
        }
        catch (FileNotFoundException)
        {
            return new RunningHost(processId, null, "it has written none: it starts or ends just now, or its data folder cannot be written");
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            return new RunningHost(processId, null, $"{path + HeartbeatSuffix} cannot be used: {e.Message}. The process writes another every {Heartbeat.Every.TotalSeconds:0} s");
        }
    }

    static void Remove(string path)
    {
        foreach (var suffix in s_suffixes)
            File.Delete(path + suffix);
    }

    static string FolderOf(string dataDirectory) => Path.Combine(dataDirectory, "hosts");
}

/// <summary>A process of this machine that runs on a data folder.</summary>
/// <param name="Heartbeat">Its last; null where it cannot be read.</param>
/// <param name="Damage">Why not.</param>
public sealed record RunningHost(int ProcessId, Heartbeat? Heartbeat, string? Damage)
{
    /// <summary>Its own checks as it last reported them, behind one of the heartbeat itself.</summary>
    public ImmutableArray<(string Name, CheckResult Result)> Checks(TimeProvider time) => Heartbeat is null
        ? [("heartbeat", new CheckResult(CheckStatus.Unhealthy, Damage ?? ""))]
        : [("heartbeat", Heartbeat.Liveness(time)), .. Heartbeat.Checks.Select(check => (check.Key, check.Value))];
}
