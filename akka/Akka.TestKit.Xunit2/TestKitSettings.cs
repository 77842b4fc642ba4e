using Akka.Configuration;

namespace Akka.TestKit;

public class TestKitSettings
{
    public TestKitSettings(Config config)
    {
        SingleExpectDefault = config.GetTimeSpan("akka.test.single-expect-default");
        TestEventFilterLeeway = config.GetTimeSpan("akka.test.filter-leeway");
        TestTimeFactor = config.GetDouble("akka.test.timefactor");
        if (TestTimeFactor <= 0) throw new ConfigurationException($"akka.test.timefactor is {TestTimeFactor}; it must be positive.");
    }

    /// <summary>How long ExpectMsg and its kin wait outside of Within.</summary>
    public TimeSpan SingleExpectDefault { get; }

    /// <summary>How long an event filter waits after its block for what is missing.</summary>
    public TimeSpan TestEventFilterLeeway { get; }

    /// <summary>All waits are stretched by this: for machines that are slow or busy.</summary>
    public double TestTimeFactor { get; }
}
