using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>
/// Tests that start the built program. They run one after the other, in parallel to those of <see cref="ServersCollection"/>: each starts at least one
/// process, and the machine has few cores.
/// </summary>
[CollectionDefinition(Name)]
public sealed class WholeProgramCollection
{
    public const string Name = "whole program";
}
