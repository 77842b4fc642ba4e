namespace Akka.Actor;

/// <summary>The base of what Akka throws on its own account.</summary>
public abstract class AkkaException : Exception
{
    protected AkkaException() { }

    protected AkkaException(string message, Exception? cause = null) : base(message, cause) { }
}
