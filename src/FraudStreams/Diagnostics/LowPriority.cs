using System.Runtime.InteropServices;

namespace FraudStreams.Diagnostics;

/// <summary>
/// Work that scoring goes before, asynchronous work too: all of it, what comes after an await as well, runs on one thread of its own. On Linux the thread has a
/// weak nice value, since .NET's thread priorities have no effect there; it is of the thread alone and of those that it starts, and a thread may not make it
/// stronger again: what waits for the work goes on elsewhere. The work hands nothing to the thread pool: a thread that the pool began for it would stay weak.
/// </summary>
static class LowPriority
{
    const int OfProcessOrThread = 0, CallingThread = 0;

    /// <summary>
    /// Beside busy threads of the usual nice value, the scheduler gives it a tenth of what one of them gets. The weakest value (19) would give it a seventieth, and
    /// let it wait for a core for tenths of a second: a garbage collection that finds it waiting waits too, and scoring with it.
    /// </summary>
    public const int Nice = 10;

    /// <summary>Whether the caller is such work.</summary>
    public static bool IsThis => SynchronizationContext.Current is Continuations;

    public static Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) => RunAsync(() => Task.FromResult(work()), cancellationToken);

    public static async Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken) =>
        await await BlockingCall.RunAsync(() => OnThreadOfItsOwn(work), cancellationToken);

    /// <summary>Waits for a part of such work within it, where the caller cannot await: goes on with what comes after its awaits meanwhile. Elsewhere it blocks.</summary>
    public static T Wait<T>(Task<T> part)
    {
        (SynchronizationContext.Current as Continuations)?.RunUntilDone(part);
        return part.GetAwaiter().GetResult();
    }

    /// <returns>The task of the work, which is over.</returns>
    static Task<T> OnThreadOfItsOwn<T>(Func<Task<T>> work)
    {
        Task<T>? done = null;
        var thread = new Thread(() =>
        {
            Lower();
            var continuations = new Continuations();
            SynchronizationContext.SetSynchronizationContext(continuations);
            done = Begin(work);
            continuations.RunUntilDone(done);
        });
        thread.IsBackground = true;
        thread.Start();
        thread.Join();
        return done!;
    }

    /// <summary>What the work throws before its first await is in its task, too.</summary>
    static async Task<T> Begin<T>(Func<Task<T>> work) => await work();

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

    /// <summary>What comes after the awaits of the thread, in its order.</summary>
    sealed class Continuations : SynchronizationContext
    {
        readonly Queue<(SendOrPostCallback Callback, object? State)> _queue = [];

        public override void Post(SendOrPostCallback d, object? state)
        {
            lock (_queue)
            {
                _queue.Enqueue((d, state));
                Monitor.Pulse(_queue);
            }
        }

        public void RunUntilDone(Task task)
        {
            // Whoever completes it wakes the thread.
            task.ContinueWith(_ => Post(_ => { }, null), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            while (!task.IsCompleted)
            {
                var (callback, state) = Next();
                callback(state);
            }
        }

        (SendOrPostCallback Callback, object? State) Next()
        {
            lock (_queue)
            {
                while (_queue.Count == 0)
                    Monitor.Wait(_queue);
                return _queue.Dequeue();
            }
        }
    }
}
