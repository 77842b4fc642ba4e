namespace FraudStreams.Model.Tests;

/// <summary>What work allocates once it is warm.</summary>
static class Allocations
{
    const int Runs = 5;

    /// <summary>
    /// Bytes on this thread, the least of five runs after a first one: arrays of the shared pool are let go by a garbage collection that comes between two runs, and are made anew in
    /// the next.
    /// </summary>
    public static long Of(Action work)
    {
        work();
        var least = long.MaxValue;
        for (var run = 0; run < Runs; run++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
