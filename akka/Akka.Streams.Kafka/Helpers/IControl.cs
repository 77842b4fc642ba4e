namespace Akka.Streams.Kafka.Helpers;

/// <summary>Ends a running consumer from outside.</summary>
public interface IControl
{
    /// <summary>No more messages; what was taken can still be committed.</summary>
    Task Stop();

    /// <summary>No more messages, and the place in the group is given up.</summary>
    Task Shutdown(Exception? ex = null);

    Task IsShutdown { get; }
}
