using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using FraudStreams.Diagnostics;

namespace FraudStreams.Candidates;

/// <summary>
/// Work that scoring goes before: on a thread of its own. On Linux the thread has a weak nice value, since .NET's thread priorities have no effect there; it is
/// of the thread alone and of those that it starts, and a thread may not make it stronger again: the thread does the work and nothing else, and what waits for
/// it goes on elsewhere.
/// </summary>
static class LowPriority
{
    const int OfProcessOrThread = 0, CallingThread = 0;

    /// <summary>
    /// Beside busy threads of the usual nice value, the scheduler gives it a tenth of what one of them gets. The weakest value (19) would give it a seventieth, and
    /// let it wait for a core for tenths of a second: a garbage collection that finds it waiting waits too, and scoring with it.
    /// </summary>
    public const int Nice = 10;

    public static Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) => BlockingCall.RunAsync(() => OnThreadOfItsOwn(work), cancellationToken);

    static T OnThreadOfItsOwn<T>(Func<T> work)
    {
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            Lower();
            try
            {
                result = work();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.IsBackground = true;
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

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
