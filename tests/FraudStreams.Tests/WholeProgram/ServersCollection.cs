using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>
/// Tests that start the built program on Kafka. One after the other too, but beside those of <see cref="WholeProgramCollection"/>: most of their time they wait
/// for brokers to notice who came and went.
/// </summary>
[CollectionDefinition(Name)]
public sealed class ServersCollection
{
    public const string Name = "whole program on servers";
}
