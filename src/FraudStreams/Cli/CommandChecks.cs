using FraudStreams.Pipelines;

namespace FraudStreams.Cli;

/// <summary>Preconditions that several commands share.</summary>
static class CommandChecks
{
    /// <exception cref="CommandFailedException">The data folder, or the cluster, has no topics yet.</exception>
    public static void HasTopics(FraudSettings settings)
    {
        if (StreamTopics.ReadStatus(settings) is null)
            throw new CommandFailedException($"there are no topics in {settings.DataDirectory}: `fraudstreams run` creates them");
    }
}
