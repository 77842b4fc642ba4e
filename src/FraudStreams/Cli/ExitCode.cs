namespace FraudStreams.Cli;

/// <summary>What the program says to the shell that started it.</summary>
static class ExitCode
{
    public const int Done = 0;

    /// <summary>It was asked rightly and did not succeed; the error says why.</summary>
    public const int Failed = 1;

    /// <summary>Wrong use or configuration: the same call cannot succeed.</summary>
    public const int WrongUse = 2;
}
