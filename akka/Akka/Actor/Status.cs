namespace Akka.Actor;

/// <summary>Answers that say whether something was done. An ask that is answered with <see cref="Failure"/> fails with its cause.</summary>
public abstract class Status
{
    public sealed class Failure : Status
    {
        public readonly Exception Cause;
        public readonly object State;

        public Failure(Exception cause) : this(cause, null) { }

        public Failure(Exception cause, object? state)
        {
            Cause = cause;
            State = state!;
        }

        public override string ToString() => $"Failure: {Cause}";
    }
}
