using FraudStreams.Configuration;
using FraudStreams.Pipelines;

namespace FraudStreams.Cli;

/// <summary>Preconditions that several commands share.</summary>
static class CommandChecks
{
    /// <summary>ENOSPC, as .NET hands it on where it has no number of its own.</summary>
    const int NoSpace = 28;

    /// <exception cref="CommandFailedException">The data folder, or the cluster, has no topics yet.</exception>
    public static void HasTopics(FraudSettings settings)
    {
        if (StreamTopics.ReadStatus(settings) is null)
            throw new CommandFailedException($"there are no topics in {settings.DataDirectory}: `fraudstreams run` creates them");
    }

    /// <summary>Creates the data folder where it is missing, and tries whether it can be written.</summary>
    /// <exception cref="SettingsException">It cannot be made or written.</exception>
    public static void MakeFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            using var probe = new FileStream(
                Path.Combine(folder, $".writable.{Environment.ProcessId}"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        }
        catch (IOException e) when (e.HResult == NoSpace)
        {
            // A full disk is waited for: room may come.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"fraudstreams.data = {folder}: it must be a folder that can be written: {e.Message}", e);
        }
    }
}
