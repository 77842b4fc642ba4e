using Akka.Actor;
using Akka.Streams.Implementation;

namespace Akka.Streams;

/// <summary>The materializer, or what it belongs to, stopped before the stream did.</summary>
public class AbruptTerminationException(IActorRef actor) : Exception($"Stream supervisor {actor} terminated abruptly")
{
    public readonly IActorRef Actor = actor;
}

/// <summary>A stage was stopped before it completed, failed or was cancelled.</summary>
public sealed class AbruptStageTerminationException : Exception
{
    internal AbruptStageTerminationException(Logic stage) : base($"Stage {stage} terminated without completing its output") { }
}

public class StreamDetachedException(string message) : Exception(message)
{
    public StreamDetachedException() : this("Stream is terminated. Its materialized value is detached.") { }
}

public class BufferOverflowException(string message) : Exception(message);

public class NoSuchElementException(string message) : Exception(message);

/// <summary>Why a stage stops its upstream. Whatever is not one of these was a failure downstream.</summary>
public static class SubscriptionWithCancelException
{
    public abstract class NonFailureCancellation : Exception
    {
        public sealed override string StackTrace => "";
    }

    public sealed class NoMoreElementsNeeded : NonFailureCancellation
    {
        public static readonly NoMoreElementsNeeded Instance = new();

        NoMoreElementsNeeded() { }
    }

    public sealed class StageWasCompleted : NonFailureCancellation
    {
        public static readonly StageWasCompleted Instance = new();

        StageWasCompleted() { }
    }
}
