namespace FraudStreams.Messaging.Sqlite;

/// <summary>
/// The right of one process to consume one topic in one group: an open file that the operating system lets nobody else open, and closes however the
/// process ends. Who holds it stands in a file beside it, for others to name.
/// </summary>
internal sealed class GroupLock : IDisposable
{
    readonly FileStream _file;

    GroupLock(FileStream file) => _file = file;

    /// <summary>The lock, or null where another holds it.</summary>
    /// <exception cref="MessageLogException">The lock's file cannot be made at all.</exception>
    public static GroupLock? TryTake(string folder, string topic, string group)
    {
        var path = PathOf(folder, topic, group);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (Open(path) is not { } file) return null;

            var taken = new GroupLock(file);
            taken.SayWho(path);
            return taken;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MessageLogException($"Group {group} cannot be locked on {topic}: {e.Message}", e);
        }
    }

    /// <summary>The lock, as soon as nobody else holds it.</summary>
    /// <param name="onStandby">Told once, where it has to be waited for.</param>
    /// <exception cref="MessageLogException">The lock's file cannot be made at all.</exception>
    public static async Task<GroupLock> TakeAsync(
        string folder, string topic, string group, TimeSpan interval, TimeProvider time, Action<GroupStandby> onStandby, CancellationToken ct)
    {
        for (var tries = 0; ; tries++)
        {
            if (TryTake(folder, topic, group) is { } taken)
                return taken;
            if (tries == 0)
                onStandby(new GroupStandby(group, topic, Holder(folder, topic, group)));
            await Task.Delay(interval, time, ct);
        }
    }

    /// <summary>The process that holds the lock, as far as it said so.</summary>
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
            // It is there and cannot be opened: somebody has it open. Where it could not even be made, it would not be there.
            return null;
        }
    }

    void SayWho(string path)
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
