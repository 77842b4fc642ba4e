namespace FraudStreams.Diagnostics;

/// <summary>
/// For calls that wait inside a library which has no asynchronous form of them: each on a thread of its own. The pool begins with as many threads
/// as the machine has cores and is slow to add more, so one that waits for a server is missing to everything else, the scoring of payments included.
/// </summary>
static class BlockingCall
{
    public static Task<T> RunAsync<T>(Func<T> call, CancellationToken ct = default) =>
        Task.Factory.StartNew(call, ct, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    public static Task RunAsync(Action call) => RunAsync(() =>
    {
        call();
        return true;
    });
}
