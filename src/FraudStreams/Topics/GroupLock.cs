namespace FraudStreams.Topics;

/// <summary>
/// The right of one process to consume one topic in one group: an open file that the operating system lets nobody else open, and closes however the
/// process ends. Who holds it stands in a file beside it, for others to name.
/// </summary>
internal sealed class GroupLock : IDisposable
{
    readonly FileStream _file;

    GroupLock(FileStream file) => _file = file;

    /// <summary>The lock, or null where another holds it.</summary>
    /// <exception cref="TopicsException">The lock's file cannot be made at all.</exception>
    public static GroupLock? TryTake(EmbeddedTopicsSettings settings, string topic, string group)
    {
        var path = PathOf(settings, topic, group);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var taken = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(HolderPath(path), $"{Environment.ProcessId}");
            return new GroupLock(taken);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException) && IsHeld(path))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TopicsException($"Group {group} cannot be locked on {topic}: {e.Message}", e);
        }
    }

    /// <summary>The process that holds the lock, as far as it said so.</summary>
    public static string Holder(EmbeddedTopicsSettings settings, string topic, string group)
    {
        try
        {
            return $"process {File.ReadAllText(HolderPath(PathOf(settings, topic, group)))}";
        }
        catch (IOException)
        {
            return "another process";
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>A lock that cannot be opened is held if its file is there: a folder that cannot be written fails before there is one.</summary>
    static bool IsHeld(string path) => File.Exists(path);

    static string PathOf(EmbeddedTopicsSettings settings, string topic, string group) =>
        Path.Combine(settings.Folder, "locks", $"{Uri.EscapeDataString(group)}@{topic}.lock");

    static string HolderPath(string path) => Path.ChangeExtension(path, ".pid");
}
