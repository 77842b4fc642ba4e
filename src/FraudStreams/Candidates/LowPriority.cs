using System.Runtime.InteropServices;
using FraudStreams.Diagnostics;

namespace FraudStreams.Candidates;

/// <summary>
/// Work that scoring goes before: on a thread of its own. On Linux the thread has a weak nice value, since .NET's thread priorities have no effect there; it is
/// of the thread alone, and a thread may not make it stronger again, so that the thread ends with the work.
/// </summary>
static class LowPriority
{
    const int OfProcessOrThread = 0, CallingThread = 0;

    /// <summary>
    /// Beside busy threads of the usual nice value, the scheduler gives it a tenth of what one of them gets. The weakest value (19) would give it a seventieth, and
    /// let it wait for a core for tenths of a second: a garbage collection that finds it waiting waits too, and scoring with it.
    /// </summary>
    public const int Nice = 10;

    public static Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) => BlockingCall.RunAsync(
        () =>
        {
            Lower();
            return work();
        },
        cancellationToken);

    /// <summary>Where the system refuses, the work is done all the same. A process that is weak already stays so.</summary>
    static void Lower()
    {
        if (!OperatingSystem.IsLinux())
            Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
        else if (GetPriority(OfProcessOrThread, CallingThread) < Nice)
            _ = SetPriority(OfProcessOrThread, CallingThread, Nice);
    }

    [DllImport("libc", EntryPoint = "getpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int GetPriority(int which, int who);

    [DllImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int SetPriority(int which, int who, int value);
}
