using System.CommandLine;
using System.Text.Json;
using FraudStreams.Cli.Live;
using FraudStreams.Diagnostics;

namespace FraudStreams.Cli;

/// <summary>`health`: whether the processes that run here are healthy. For a container's health check or a supervisor.</summary>
static class HealthCommand
{
    public static Command Create()
    {
        var command = new Command("health", "Whether the processes of this machine that run on the data folder are healthy: each wrote a heartbeat lately, and no check (topics, pipelines, alerts, disk) is unhealthy. Exit code 0: they are; 1: one is not, or there is none.");
        command.SetAction(Invoke);
        return command.WithExamples(
            "fraudstreams health",
            "fraudstreams health --data /srv/fraudstreams --json");
    }

    static int Invoke(ParseResult call)
    {
        var settings = FraudSettings.From(call.Layers().Load());
        var hosts = Heartbeat.OfThisMachine(settings.DataDirectory);
        var now = TimeProvider.System.GetUtcNow();
        if (call.GetValue(CommonOptions.Json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                new
                {
                    Hosts = hosts.Select(host => new
                    {
                        host.ProcessId,
                        host.Roles,
                        host.At,
                        Healthy = host.IsHealthy(now),
                        Faults = host.Faults(now),
                        Checks = host.Checks.ToDictionary(check => check.Key, check => new { Status = check.Value.Status.ToString().ToLowerInvariant(), check.Value.Reason }),
                    }),
                },
                FolderStatus.Json));
        }
        else
        {
            foreach (var host in hosts)
                Console.Out.WriteLine($"process {host.ProcessId} ({string.Join(", ", host.Roles)}): {(host.Faults(now) is { IsEmpty: false } faults ? string.Join("; ", faults) : "healthy")}");
        }

        if (hosts.IsEmpty)
            throw new CommandFailedException($"no process of this machine runs on {settings.DataDirectory}");
        return hosts.All(host => host.IsHealthy(now)) ? ExitCode.Done : ExitCode.Failed;
    }
}
