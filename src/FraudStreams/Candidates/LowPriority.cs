using System.Runtime.InteropServices;
using FraudStreams.Diagnostics;

namespace FraudStreams.Candidates;

/// <summary>
/// Work that scoring goes before: on a thread of its own, with the lowest priority there is. On Linux that is its nice value, since .NET's thread priorities
/// have no effect there; it is of the thread alone, and a thread may not raise it again, so that the thread ends with the work.
/// </summary>
static class LowPriority
{
    const int OfProcessOrThread = 0, CallingThread = 0;

    /// <summary>The weakest nice value: beside a busy thread of the usual one, the scheduler gives it 1.5% of a core.</summary>
    public const int Nice = 19;

    public static Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) => BlockingCall.RunAsync(
        () =>
        {
            Lower();
            return work();
        },
        cancellationToken);

    /// <summary>Where the system refuses, the work is done all the same.</summary>
    static void Lower()
    {
        if (OperatingSystem.IsLinux())
            _ = SetPriority(OfProcessOrThread, CallingThread, Nice);
        else
            Thread.CurrentThread.Priority = ThreadPriority.Lowest;
    }

    [DllImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int SetPriority(int which, int who, int value);
}
