using Akka.Dispatch;

namespace Akka.Actor;

public static class Futures
{
    public static Task<object> Ask(this ICanTell self, object message, TimeSpan? timeout = null) =>
        self.Ask<object>(message, timeout, CancellationToken.None);

    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout = null) =>
        self.Ask<T>(message, timeout, CancellationToken.None);

    public static Task<T> Ask<T>(this ICanTell self, object message, CancellationToken cancellationToken) =>
        self.Ask<T>(message, null, cancellationToken);

    /// <summary>
    /// Tells a message and waits for the first answer. Fails with <see cref="AskTimeoutException"/> after the timeout, with the cause of a
    /// <see cref="Status.Failure"/> (where T is not object), or with <see cref="ArgumentException"/> for an answer of another type.
    /// </summary>
    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var promise = new AskRef<T>(self);
        promise.Start(timeout, cancellationToken);
        self.Tell(message, promise);
        return promise.Task;
    }

    public static Task<T> Ask<T>(
        this ICanTell self, Func<IActorRef, object> messageFactory, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var promise = new AskRef<T>(self);
        promise.Start(timeout, cancellationToken);
        self.Tell(messageFactory(promise), promise);
        return promise.Task;
    }
}

/// <summary>The sender of an ask: a ref without an actor, good for one answer.</summary>
internal sealed class AskRef<T>(ICanTell asked) : ActorRefBase, IInternalActorRef
{
    static readonly ActorPath s_root = new(new Address("akka", "ask"), "");
    readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    ActorPath? _path;
    TimeoutEntry? _timeout;
    CancellationTokenRegistration _cancellation;

    public override ActorPath Path => _path ??= s_root / "temp" / $"{(asked as IActorRef)?.Path.Name}-{GetHashCode():x}";

    public bool IsTerminated => _answer.Task.IsCompleted;
    internal Task<T> Task => _answer.Task;
    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    internal void Start(TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var limit = timeout ?? (asked as LocalActorRef)?.Cell.System.Settings.AskTimeout ?? Timeout.InfiniteTimeSpan;
        if (limit > TimeSpan.Zero)
        {
            _timeout = new TimeoutEntry(this, limit);
            TimerWheel.Shared.Add(_timeout, limit);
        }
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(static (ask, token) => ((AskRef<T>)ask!).Cancel(token), this);
        }
    }

    public void SendSystemMessage(SystemMessage message)
    {
        if (message is DeathWatchNotification and T) TellInternal(message, this);
        else if (message is Watch watch && IsTerminated) watch.Watcher.SendSystemMessage(new DeathWatchNotification(this, true));
    }

    protected override void TellInternal(object message, IActorRef sender)
    {
        var first = message switch
        {
            T answer => _answer.TrySetResult(answer),
            Status.Failure { Cause: { } cause } => _answer.TrySetException(cause),
            _ => _answer.TrySetException(new ArgumentException(
                $"Received message of type [{message.GetType()}] - Ask expected message of type [{typeof(T)}]")),
        };
        if (!first)
        {
            // Too late, unless nobody waited for it any more.
            if (!_answer.Task.IsCanceled) (asked as LocalActorRef)?.Cell.System.DeadLetters.Tell(message, this);
            return;
        }
        _timeout?.Cancel();
        if (_cancellation != default) _cancellation.Unregister();
    }

    void Cancel(CancellationToken token)
    {
        if (_answer.TrySetCanceled(token)) _timeout?.Cancel();
    }

    sealed class TimeoutEntry(AskRef<T> ask, TimeSpan limit) : TimerEntry
    {
        internal override void Fire()
        {
            var timeout = new AskTimeoutException($"Timeout after {limit.TotalSeconds:F2} seconds");
            if (ask._answer.TrySetException(timeout)) ask._cancellation.Unregister();
        }
    }
}
