using Xunit;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace FraudStreams.ChaosTests;

/// <summary>The scenarios run one after the other: each starts several processes, and the machine has few cores.</summary>
[CollectionDefinition(Name)]
public sealed class ChaosCollection : ICollectionFixture<ChaosServers>
{
    public const string Name = "chaos";
}
