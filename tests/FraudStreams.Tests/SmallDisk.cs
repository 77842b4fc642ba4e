using System.Diagnostics;
using Xunit;

namespace FraudStreams.Tests;

/// <summary>A test that needs a small file system of its own; skipped where the user may not mount one.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class FullDiskFactAttribute : FactAttribute
{
    public FullDiskFactAttribute()
    {
        if (!SmallDisk.CanMount) Skip = "mounting a small tmpfs needs Linux and root";
    }
}

/// <summary>A file system in memory that is soon full, and that can become read-only.</summary>
sealed class SmallDisk : IDisposable
{
    static readonly Lazy<bool> s_canMount = new(() =>
    {
        if (!OperatingSystem.IsLinux()) return false;
        using var folder = new TemporaryFolder();
        if (Run("mount", $"-t tmpfs -o size=1m none {folder.Path}") != 0) return false;
        return Run("umount", folder.Path) == 0;
    });

    public SmallDisk(string parent, int megabytes)
    {
        Path = System.IO.Path.Combine(parent, "disk");
        Directory.CreateDirectory(Path);
        if (Run("mount", $"-t tmpfs -o size={megabytes}m none {Path}") != 0) throw new InvalidOperationException($"cannot mount {Path}");
    }

    public static bool CanMount => s_canMount.Value;

    public string Path { get; }

    public void MakeReadOnly() => Remount("ro");

    public void MakeWritable() => Remount("rw");

    public void Dispose() => Run("umount", $"-l {Path}");

    void Remount(string option)
    {
        if (Run("mount", $"-o remount,{option} {Path}") != 0) throw new InvalidOperationException($"cannot remount {Path} {option}");
    }

    static int Run(string program, string arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
