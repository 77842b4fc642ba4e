namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// Runs numbered tasks on a fixed number of threads. The assignment of tasks to threads is not defined, so tasks must not depend on it: each
/// writes to its own elements, or adds integers, whose sum does not depend on the order.
/// </summary>
sealed class Workers(int threads)
{
    readonly ParallelOptions _options = new() { MaxDegreeOfParallelism = threads };

    public int Threads => threads;

    public void Run(int tasks, Action<int> task)
    {
        if (threads == 1 || tasks <= 1)
            for (var i = 0; i < tasks; i++)
                task(i);
        else
            Parallel.For(0, tasks, _options, task);
    }

    /// <summary>Splits 0..length into chunks of a fixed size and runs one task for each.</summary>
    public void RunChunks(int length, int chunk, Action<int, int> startAndCount) =>
        Run((length + chunk - 1) / chunk, i => startAndCount(i * chunk, Math.Min(chunk, length - i * chunk)));
}
