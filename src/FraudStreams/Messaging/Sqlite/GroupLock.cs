namespace FraudStreams.Messaging.Sqlite;

/// <summary>
/// The exclusive right of one process to consume one topic in one group: a file opened without sharing, which the operating system closes however the
/// process ends. The holder's process id is in a file beside it, for messages.
/// </summary>
internal sealed class GroupLock : IDisposable
{
    readonly FileStream _file;

    GroupLock(FileStream file) => _file = file;

    /// <summary>The lock, or null if another process holds it.</summary>
    /// <exception cref="MessageLogException">The lock file cannot be created.</exception>
    public static GroupLock? TryTake(string folder, string topic, string group)
    {
        var path = PathOf(folder, topic, group);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (Open(path) is not { } file) return null;

            var taken = new GroupLock(file);
            taken.WriteHolder(path);
            return taken;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MessageLogException($"Group {group} cannot be locked on {topic}: {e.Message}", e);
        }
    }

    /// <summary>Waits until the lock is free, and acquires it.</summary>
    /// <param name="onStandby">Called once if another process holds the lock.</param>
    /// <exception cref="MessageLogException">The lock file cannot be created.</exception>
    public static async Task<GroupLock> TakeAsync(
        string folder, string topic, string group, TimeSpan interval, TimeProvider time, Action<GroupStandby> onStandby, CancellationToken cancellationToken)
    {
        for (var attempts = 0; ; attempts++)
        {
            if (TryTake(folder, topic, group) is { } taken)
                return taken;
            if (attempts == 0)
                onStandby(new GroupStandby(group, topic, Holder(folder, topic, group)));
            await Task.Delay(interval, time, cancellationToken);
        }
    }

    /// <summary>The process that holds the lock, if it is known.</summary>
    public static string Holder(string folder, string topic, string group)
    {
        try
        {
            return $"process {File.ReadAllText(HolderPath(PathOf(folder, topic, group)))}";
        }
        catch (IOException)
        {
            return "another process";
        }
    }

    public void Dispose() => _file.Dispose();

    static FileStream? Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            // The file exists and cannot be opened: another process has it open. If it could not even be created, it would not exist.
            return null;
        }
    }

    void WriteHolder(string path)
    {
        try
        {
            File.WriteAllText(HolderPath(path), $"{Environment.ProcessId}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    static string PathOf(string folder, string topic, string group) =>
        Path.Combine(folder, "locks", $"{Uri.EscapeDataString(group)}@{Uri.EscapeDataString(topic)}.lock");

    static string HolderPath(string path) => Path.ChangeExtension(path, ".pid");
}
