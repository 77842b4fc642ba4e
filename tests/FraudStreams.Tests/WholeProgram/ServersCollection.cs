using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>
/// Tests that start the built program on Kafka. They run one after the other, but in parallel to those of <see cref="WholeProgramCollection"/>: they mostly
/// wait for rebalances.
/// </summary>
[CollectionDefinition(Name)]
public sealed class ServersCollection
{
    public const string Name = "whole program on servers";
}
