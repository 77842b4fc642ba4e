using System.Runtime.InteropServices;

namespace FraudStreams.Cli;

/// <summary>
/// Data folders hold card numbers. What the program makes is its own user's alone: folders have mode 0700 and files 0600, those that SQLite and other
/// libraries make as well. Windows has no such modes: there a file inherits the rights of its folder.
/// </summary>
static class FileAccessRights
{
    const uint GroupAndOthers = 0b000_111_111;

    const UnixFileMode AnyOfOthers = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>From now on nobody else gets rights to what this process makes.</summary>
    public static void KeepToOwner()
    {
        if (!OperatingSystem.IsWindows())
            _ = SetCreationMask(GroupAndOthers);
    }

    /// <summary>
    /// Whether every user of the machine may look into a folder or file: it and all folders above it are open to others. A group that was given it is not
    /// counted: that was somebody's wish.
    /// </summary>
    public static bool IsOpenToOthers(string path)
    {
        if (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & AnyOfOthers) == UnixFileMode.None)
            return false;
        for (var above = Directory.GetParent(Path.GetFullPath(path)); above is not null; above = above.Parent)
        {
            if (!above.UnixFileMode.HasFlag(UnixFileMode.OtherExecute))
                return false;
        }

        return true;
    }

    [DllImport("libc", EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern uint SetCreationMask(uint mask);
}
