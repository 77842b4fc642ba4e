using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Xunit.Abstractions;

namespace Akka.TestKit.Xunit2;

/// <summary>The base of a test class with an actor system of its own, which ends with the test.</summary>
public class TestKit : TestKitBase, IDisposable
{
    protected readonly ITestOutputHelper? Output;
    bool _disposed;

    public TestKit(ActorSystem? system = null, ITestOutputHelper? output = null) : base(system, null, null, null)
    {
        Output = output;
        InitializeLogger(Sys);
    }

    public TestKit(Config config, string? actorSystemName = null, ITestOutputHelper? output = null)
        : base(null, config, actorSystemName, null)
    {
        Output = output;
        InitializeLogger(Sys);
    }

    public TestKit(string config, ITestOutputHelper? output = null) : this(ConfigurationFactory.ParseString(config), null, output) { }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (_disposed) return;
        _disposed = true;
        try
        {
            AfterAll();
        }
        finally
        {
            Shutdown();
        }
    }

    protected virtual void AfterAll() { }

    /// <summary>Sends the system's log to the test's own output too.</summary>
    protected void InitializeLogger(ActorSystem system)
    {
        if (Output is not { } output) return;
        system.EventStream.Subscribe<LogEvent>(new SynchronousRef(system, "test-output", message => Write(output, message)));
    }

    static void Write(ITestOutputHelper output, object message)
    {
        try
        {
            output.WriteLine(message.ToString());
        }
        catch (InvalidOperationException)
        {
            // What is logged after its test has ended has no output to go to.
        }
    }
}
