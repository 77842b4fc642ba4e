namespace FraudStreams.Cli;

/// <summary>What several commands need before they can begin.</summary>
static class CommandChecks
{
    /// <exception cref="CommandFailedException">The data folder, or the cluster, has no topics yet.</exception>
    public static void HasTopics(FraudSettings settings)
    {
        if (settings.Topics.ReadStatus(settings.DataDirectory) is null)
            throw new CommandFailedException($"there are no topics in {settings.DataDirectory}: `fraudstreams run` makes them");
    }
}
