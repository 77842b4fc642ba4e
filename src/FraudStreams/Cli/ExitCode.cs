namespace FraudStreams.Cli;

/// <summary>Exit codes of the program.</summary>
static class ExitCode
{
    public const int Done = 0;

    /// <summary>The call was correct and did not succeed; the error says why.</summary>
    public const int Failed = 1;

    /// <summary>Wrong use or configuration: the same call cannot succeed.</summary>
    public const int WrongUse = 2;
}
