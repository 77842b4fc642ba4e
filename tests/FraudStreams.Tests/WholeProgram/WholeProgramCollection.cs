using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>
/// Tests that start the built program, in three rows that run beside each other and beside <see cref="ServersCollection"/>: each starts at least one
/// process, which mostly waits, and the machine has few cores.
/// </summary>
public sealed class WholeProgramCollection
{
    public const string Name = "whole program";
    public const string Second = "whole program, second row";
    public const string Third = "whole program, third row";
}
