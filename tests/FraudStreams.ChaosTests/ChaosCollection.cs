using Xunit;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace FraudStreams.ChaosTests;

/// <summary>The scenarios run one after the other: each has processes of its own, and the machine's cores are few.</summary>
[CollectionDefinition(Name)]
public sealed class ChaosCollection : ICollectionFixture<ChaosServers>
{
    public const string Name = "chaos";
}
