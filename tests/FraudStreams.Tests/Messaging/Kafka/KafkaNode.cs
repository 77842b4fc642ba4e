using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace FraudStreams.Tests.Messaging.Kafka;

/// <summary>One process of Apache Kafka, broker and controller (KRaft) at once, on loopback and free ports, with its data in a folder. Killed with this object.</summary>
/// <param name="home">A Kafka download.</param>
/// <param name="folder">The node's folder, which it creates.</param>
sealed class KafkaNode(string home, string folder, int id, int heapMegabytes) : IAsyncDisposable
{
    const string ClusterId = "ZnJhdWQtc3RyZWFtcy0wMQ";

    readonly int _controller = FreePort();
    Process? _process;

    /// <summary>The port for clients and other brokers.</summary>
    public int Port { get; } = FreePort();

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Its entry in the cluster's list of voters.</summary>
    public string Voter => $"{id}@127.0.0.1:{_controller}";

    string Properties => Path.Combine(folder, "server.properties");

    /// <summary>Writes its settings and formats its folder.</summary>
    /// <param name="voters">All nodes of the cluster.</param>
    /// <param name="settings">The listener for clients, and other settings.</param>
    public async Task SetUpAsync(IReadOnlyCollection<KafkaNode> voters, IReadOnlyCollection<string> settings)
    {
        Directory.CreateDirectory(folder);
        var listener = settings.First(setting => setting.StartsWith("listeners=", StringComparison.Ordinal));
        var inSync = Math.Max(1, voters.Count - 1);
        await File.WriteAllLinesAsync(Properties,
        [
            "process.roles=broker,controller",
            $"node.id={id}",
            $"{listener},CONTROLLER://127.0.0.1:{_controller}",
            .. settings.Where(setting => setting != listener),
            "controller.listener.names=CONTROLLER",
            $"controller.quorum.voters={string.Join(',', voters.Select(node => node.Voter))}",
            $"log.dirs={folder}/data",
            $"min.insync.replicas={inSync}",
            $"offsets.topic.replication.factor={voters.Count}",
            "offsets.topic.num.partitions=4",
            $"transaction.state.log.replication.factor={voters.Count}",
            $"transaction.state.log.min.isr={inSync}",
            $"share.coordinator.state.topic.replication.factor={voters.Count}",
            $"share.coordinator.state.topic.min.isr={inSync}",
            "group.initial.rebalance.delay.ms=0",
            "broker.session.timeout.ms=3000",
            "broker.heartbeat.interval.ms=500",
            "auto.create.topics.enable=false",
        ]);
        using var format = Java("kafka.tools.StorageTool", "format", "-t", ClusterId, "-c", Properties);
        await format.WaitForExitAsync();
    }

    public async Task StartAsync()
    {
        _process = Java("kafka.Kafka", Properties);
        await Eventually.TrueAsync(Answers, limitSeconds: 60, everyMilliseconds: 100);
    }

    /// <summary>As kill -9.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await EndAsync();
    }

    /// <summary>A controlled shutdown: it hands its work over to the others and ends.</summary>
    public async Task StopAsync()
    {
        await SignalAsync("TERM");
        await EndAsync();
    }

    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await KillAsync();
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    async Task EndAsync()
    {
        await _process!.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    Process Java(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("JAVA_HOME") is { Length: > 0 } java ? Path.Combine(java, "bin", "java") : "java")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // It has to start fast, on few cores, and runs for a minute: no optimising compiler.
        foreach (var argument in (string[])[$"-Xmx{heapMegabytes}m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", $"{home}/libs/*", .. arguments])
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    bool Answers()
    {
        if (_process!.HasExited)
            throw new InvalidOperationException($"the broker ended with {_process.ExitCode} while it started");
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
