namespace Akka.Streams.Implementation;

internal static class Outcome
{
    /// <summary>What a stage that waited for the task sees, as in Akka.NET: the aggregate, not what is in it.</summary>
    internal static Exception FailureOf(Task task) => task.Exception as Exception ?? new TaskCanceledException(task);
}
