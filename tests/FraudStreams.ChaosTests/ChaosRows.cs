using Xunit;

[assembly: CollectionBehavior(MaxParallelThreads = -1)]
[assembly: TestFramework("FraudStreams.Tests.SharedServers", "FraudStreams.Tests")]

namespace FraudStreams.ChaosTests;

/// <summary>Scenarios that compare latencies: each has the machine to itself, after all the others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}

/// <summary>
/// Scenarios run in two rows beside each other, since they mostly wait and the machine has few cores: those on embedded parts, and those on servers, which they
/// share.
/// </summary>
static class ChaosRows
{
    static readonly SemaphoreSlim s_embedded = new(1);
    static readonly SemaphoreSlim s_servers = new(1);

    /// <summary>Runs when the scenario before it in its row has ended.</summary>
    public static async Task InTurnAsync(Parts parts, Func<Task> scenario)
    {
        var row = parts == Parts.Embedded ? s_embedded : s_servers;
        await row.WaitAsync();
        try
        {
            await scenario();
        }
        finally
        {
            row.Release();
        }
    }
}
