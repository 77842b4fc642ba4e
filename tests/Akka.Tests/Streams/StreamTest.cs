using Akka.Streams;

namespace Akka.Tests.Streams;

/// <summary>A system and a materializer of the test's own.</summary>
public abstract class StreamTest : Akka.TestKit.Xunit2.TestKit
{
    /// <summary>How long a test waits for what must happen.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    protected StreamTest() => Materializer = Sys.Materializer();

    protected ActorMaterializer Materializer { get; }
}
