namespace FraudStreams.Candidates;

/// <summary>Work that scoring goes before: on the calling thread, with the lowest priority as long as it lasts.</summary>
static class LowPriority
{
    public static T Run<T>(Func<T> work)
    {
        var thread = Thread.CurrentThread;
        var before = thread.Priority;
        thread.Priority = ThreadPriority.Lowest;
        try
        {
            return work();
        }
        finally
        {
            thread.Priority = before;
        }
    }
}
