using System.CommandLine;
using FraudStreams.Configuration;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.Pipelines;

namespace FraudStreams.Cli;

/// <summary>Preconditions that several commands share.</summary>
static class CommandChecks
{
    /// <summary>ENOSPC, as .NET hands it on where it has no number of its own.</summary>
    const int NoSpace = 28;

    /// <summary>--force of a command that writes a file.</summary>
    public static Option<bool> Force() => new("--force") { Description = "Replace the file if it is there already." };

    /// <exception cref="CommandFailedException">There is such a file already, and it is not to be replaced.</exception>
    public static void MayWrite(string path, bool force)
    {
        if (Directory.Exists(path) || Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal))
            throw new CommandFailedException($"{path} is a folder or a device: give a file");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
            throw new CommandFailedException($"{path}: there is no folder {folder}");
        if (File.Exists(path) && !force)
            throw new CommandFailedException($"{path} exists already: give another file, or --force to replace it");
    }

    /// <exception cref="CommandFailedException">The data folder, or the cluster, has no topics yet.</exception>
    public static void HasTopics(FraudSettings settings)
    {
        if (StreamTopics.ReadStatus(settings) is null)
            throw new CommandFailedException($"there are no topics in {settings.DataDirectory}: `fraudstreams run` creates them");
    }

    /// <summary>The version in service.</summary>
    /// <exception cref="CommandFailedException">There is none.</exception>
    public static ScoringModel Champion(FraudSettings settings)
    {
        var local = new LocalModels(settings.DataDirectory, TimeProvider.System);
        if (local.Champion() is { } champion)
            return champion;
        throw new CommandFailedException(local.GoodVersions() is { IsEmpty: false } versions
            ? ModelBootstrap.Offer(local, versions)
            : $"there is no model in {settings.DataDirectory}: `fraudstreams train --input CSV` makes one");
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
