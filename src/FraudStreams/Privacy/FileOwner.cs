using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace FraudStreams.Privacy;

/// <summary>Owner and group of a file, which .NET does not tell. Known on Linux alone.</summary>
static class FileOwner
{
    const int OfCurrentFolder = -100;
    const uint BasicFields = 0x7ff;

    /// <summary>"UID:GID"; null where it is not known.</summary>
    public static string? Of(string file) => Read(file) is var (user, group) ? $"{user}:{group}" : null;

    /// <summary>Whether a file is now owned as another is.</summary>
    public static bool GiveTo(string file, string asOther) =>
        Read(asOther) is not var (user, group) || Read(file) == (user, group) || ChangeOwner(file, user, group) == 0;

    static (uint User, uint Group)? Read(string file)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            // struct statx of linux/stat.h, the same on every processor: user and group follow mask, block size, attributes and links.
            var fields = new byte[256];
            return Status(OfCurrentFolder, file, 0, BasicFields, fields) == 0
                ? (BinaryPrimitives.ReadUInt32LittleEndian(fields.AsSpan(20)), BinaryPrimitives.ReadUInt32LittleEndian(fields.AsSpan(24)))
                : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "statx", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int Status(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, byte[] into);

    [DllImport("libc", EntryPoint = "chown", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int ChangeOwner([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint user, uint group);
}
