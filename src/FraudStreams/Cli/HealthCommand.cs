using System.CommandLine;
using System.Text.Json;
using FraudStreams.Diagnostics;
using FraudStreams.Pipelines;

namespace FraudStreams.Cli;

/// <summary>`health`: whether the processes that run here are healthy. For a container's health check or a supervisor.</summary>
static class HealthCommand
{
    public static Command Create()
    {
        var command = new Command("health", "Whether the processes of this machine that run on the data folder are healthy: each wrote a heartbeat lately, and no check (topics, pipelines, alerts, disk) is unhealthy. Exit code 0: they are, or are degraded; 1: one is unhealthy, or there is none; 2: wrong use or configuration.");
        command.SetAction(Invoke);
        return command.WithExamples(
            "fraudstreams health",
            "fraudstreams health --data /srv/fraudstreams --json");
    }

    static int Invoke(ParseResult call)
    {
        var dataDirectory = FraudSettings.From(call.Layers().Load()).DataDirectory;
        var time = TimeProvider.System;

        // A process that finds its disk full cannot write so: this one looks as well.
        var folder = Directory.Exists(dataDirectory) ? DiskSpace.Check(dataDirectory) : CheckResult.Healthy;
        var hosts = HeartbeatFile.OfThisMachine(dataDirectory).Select(host => new HostReport(host, time)).ToList();
        var status = hosts.Count == 0 ? CheckStatus.Unhealthy : (CheckStatus)Math.Max((int)folder.Status, hosts.Max(host => (int)host.Status));
        if (call.GetValue(CommonOptions.Json))
        {
            JsonOutput.Print(json => Write(json, status, folder, hosts, time));
        }
        else
        {
            foreach (var host in hosts)
                Console.Out.WriteLine(host.Line);
            if (folder.Status != CheckStatus.Healthy && hosts.Count > 0)
                Console.Out.WriteLine($"{Name(folder.Status)}: {folder.Reason}");
        }

        if (hosts.Count == 0)
            throw new CommandFailedException($"no process of this machine runs on {dataDirectory}");
        return status == CheckStatus.Unhealthy ? ExitCode.Failed : ExitCode.Done;
    }

    /// <summary>Written by hand, as <see cref="FolderStatus"/> is.</summary>
    static void Write(Utf8JsonWriter json, CheckStatus status, CheckResult disk, IReadOnlyList<HostReport> hosts, TimeProvider time)
    {
        json.WriteStartObject();
        json.WriteString("status", Name(status));
        json.WriteStartObject("disk");
        Write(json, disk);
        json.WriteStartArray("hosts");
        foreach (var host in hosts)
        {
            var heartbeat = host.Host.Heartbeat;
            json.WriteStartObject();
            json.WriteNumber("process_id", host.Host.ProcessId);
            json.WritePropertyName("roles");
            if (heartbeat is null)
            {
                json.WriteNullValue();
                json.WriteNull("at");
                json.WriteNull("heartbeat_age_seconds");
            }
            else
            {
                json.WriteStartArray();
                foreach (var role in heartbeat.Roles)
                    json.WriteStringValue(role);
                json.WriteEndArray();
                json.WriteString("at", heartbeat.At);
                json.WriteNumber("heartbeat_age_seconds", Math.Round(heartbeat.Age(time).TotalSeconds, 1));
            }

            json.WriteString("status", Name(host.Status));
            json.WriteStartArray("checks");
            foreach (var (name, result) in host.Checks)
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                Write(json, result);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, CheckResult result)
    {
        json.WriteString("status", Name(result.Status));
        json.WriteString("reason", result.Reason);
        json.WriteEndObject();
    }

    static string Name(CheckStatus status) => status switch
    {
        CheckStatus.Healthy => "healthy",
        CheckStatus.Degraded => "degraded",
        _ => "unhealthy",
    };

    sealed class HostReport(RunningHost host, TimeProvider time)
    {
        public RunningHost Host { get; } = host;

        public IReadOnlyList<(string Name, CheckResult Result)> Checks { get; } = host.Checks(time);

        public CheckStatus Status => Checks.Max(check => check.Result.Status);

        public string Line
        {
            get
            {
                var roles = Host.Heartbeat is { } heartbeat ? $" ({string.Join(", ", heartbeat.Roles)})" : "";
                var faults = Checks.Where(check => check.Result.Status != CheckStatus.Healthy).Select(check => $"{check.Name} {Name(check.Result.Status)}: {check.Result.Reason}").ToList();
                return $"process {Host.ProcessId}{roles}: {(faults.Count == 0 ? "healthy" : string.Join("; ", faults))}";
            }
        }
    }
}
