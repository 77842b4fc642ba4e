using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>Tests that start the built program. They run one after the other, beside those of <see cref="ServersCollection"/>: each has a process or more of its own, and the machine's cores are few.</summary>
[CollectionDefinition(Name)]
public sealed class WholeProgramCollection
{
    public const string Name = "whole program";
}
