namespace Akka.Streams.Implementation;

internal static class Outcome
{
    /// <summary>What a stage that waited for the task sees, as in Akka.NET: most see the aggregate, not what is in it.</summary>
    internal static Exception FailureOf(Task task) => task.Exception as Exception ?? new TaskCanceledException(task);

    /// <summary>What some stages see: the one exception in the aggregate, where it is one.</summary>
    internal static Exception CauseOf(Task task) => task.Exception is { InnerExceptions: [var only] } ? only : FailureOf(task);
}
