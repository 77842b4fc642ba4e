namespace Akka.Actor;

/// <summary>
/// Sends a task's outcome as a message, so that an actor need not wait for it. A failure arrives as <see cref="Status.Failure"/>.
/// </summary>
public static class PipeToSupport
{
    public static Task PipeTo<T>(
        this Task<T> taskToPipe, ICanTell recipient, IActorRef? sender = null,
        Func<T, object>? success = null, Func<Exception, object>? failure = null)
    {
        var from = sender ?? ActorRefs.NoSender;
        return taskToPipe.ContinueWith(
            task => Send(task, recipient, from, () => success is null ? task.Result : success(task.Result), failure),
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    public static Task PipeTo(
        this Task taskToPipe, ICanTell recipient, IActorRef? sender = null,
        Func<object>? success = null, Func<Exception, object>? failure = null)
    {
        var from = sender ?? ActorRefs.NoSender;
        return taskToPipe.ContinueWith(
            task => Send(task, recipient, from, success, failure),
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    static void Send(Task task, ICanTell recipient, IActorRef sender, Func<object?>? success, Func<Exception, object>? failure)
    {
        if (!task.IsCompletedSuccessfully)
        {
            var cause = task.Exception is { } fault
                ? fault.InnerExceptions.Count == 1 ? fault.InnerException! : fault
                : new TaskCanceledException(task);
            recipient.Tell(failure is null ? new Status.Failure(cause) : failure(cause), sender);
        }
        else if (success?.Invoke() is { } message)
        {
            recipient.Tell(message, sender);
        }
    }
}
