using Akka.Configuration;
using Akka.TestKit.Xunit2;

namespace FraudStreams.Tests;

/// <summary>A test with an actor system. What it expects comes at once on a quiet machine; a busy one gets as long for it as <see cref="Eventually"/> gives.</summary>
public abstract class ActorTest(Config? config = null) : TestKit(ConfigurationFactory.ParseString("akka.test.single-expect-default = 60s").WithFallback(config ?? ConfigurationFactory.Empty));
