using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace FraudStreams.Tests.Topics.Kafka;

/// <summary>A test on a real Apache Kafka: one that the test starts, or the one of FRAUDSTREAMS_KAFKA. Skipped where neither is.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class KafkaFactAttribute : FactAttribute
{
    public KafkaFactAttribute() => Skip = KafkaBroker.WhyNot;
}

/// <summary>A test that stops or stalls the broker or needs it set up its own way, which has to be the test's own.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class OwnKafkaFactAttribute : FactAttribute
{
    public OwnKafkaFactAttribute() => Skip = KafkaBroker.WhyNotOwn;
}

/// <summary>One broker, which is its own controller (KRaft), on loopback and a free port, in a temporary folder; gone with this object.</summary>
public sealed class KafkaBroker : IAsyncLifetime
{
    /// <summary>A Kafka download: its folder libs holds the broker.</summary>
    public const string Variable = "KAFKA_HOME";

    /// <summary>A broker that is there, host:port.</summary>
    public const string GivenVariable = "FRAUDSTREAMS_KAFKA";
    const string ClusterId = "ZnJhdWQtc3RyZWFtcy0wMQ";

    static readonly string? Home = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } home ? home : null;
    static readonly string? Given = Environment.GetEnvironmentVariable(GivenVariable) is { Length: > 0 } given ? given : null;

    readonly string? _given;
    readonly TemporaryFolder _folder = new();
    readonly string[] _settings;
    readonly int _port = FreePort();
    Process? _process;

    public KafkaBroker() : this(port => [$"listeners=PLAINTEXT://127.0.0.1:{port}", $"advertised.listeners=PLAINTEXT://127.0.0.1:{port}"]) =>
        _given = WhyNotOwn is null ? null : Given;

    /// <param name="settings">Of the port that clients use: its listener, and what else the broker is told.</param>
    internal KafkaBroker(Func<int, string[]> settings) => _settings = settings(_port);

    /// <summary>Why tests on Kafka cannot run here, or null.</summary>
    public static string? WhyNot => Given is null ? WhyNotOwn : null;

    /// <summary>Why no broker of the tests' own can be started here, or null.</summary>
    public static string? WhyNotOwn =>
        Home is null ? $"needs Apache Kafka: {Variable} names the folder of a download, or, for tests that leave it as it is, {GivenVariable} the address of a broker"
        : !Directory.Exists(Path.Combine(Home, "libs")) ? $"{Variable} is {Home}, which has no folder libs"
        : null;

    public string Servers => _given ?? $"127.0.0.1:{_port}";

    public async Task InitializeAsync()
    {
        if (WhyNotOwn is not null)
            return;
        var controller = FreePort();
        var listener = _settings.First(setting => setting.StartsWith("listeners=", StringComparison.Ordinal));
        await File.WriteAllLinesAsync(Path.Combine(_folder, "server.properties"),
        [
            "process.roles=broker,controller",
            "node.id=1",
            $"{listener},CONTROLLER://127.0.0.1:{controller}",
            .. _settings.Where(setting => setting != listener),
            "controller.listener.names=CONTROLLER",
            $"controller.quorum.voters=1@127.0.0.1:{controller}",
            $"log.dirs={_folder.Path}/data",
            "offsets.topic.replication.factor=1",
            "offsets.topic.num.partitions=4",
            "transaction.state.log.replication.factor=1",
            "transaction.state.log.min.isr=1",
            "share.coordinator.state.topic.replication.factor=1",
            "share.coordinator.state.topic.min.isr=1",
            "group.initial.rebalance.delay.ms=0",
            "broker.session.timeout.ms=3000",
            "broker.heartbeat.interval.ms=500",
            "auto.create.topics.enable=false",
        ]);
        using var format = Java("kafka.tools.StorageTool", "format", "-t", ClusterId, "-c", $"{_folder.Path}/server.properties");
        await format.WaitForExitAsync();
        await StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_process is not null)
            await KillAsync();
        _folder.Dispose();
    }

    internal bool IsRunning => _process is { HasExited: false };

    public async Task StartAsync()
    {
        _process = Java("kafka.Kafka", $"{_folder.Path}/server.properties");
        await Eventually.TrueAsync(Answers, limitSeconds: 60, everyMilliseconds: 100);
    }

    /// <summary>As kill -9.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>It stalls instead of closing: connections stay open and nothing answers.</summary>
    public Task StallAsync() => SignalAsync("STOP");

    public Task GoOnAsync() => SignalAsync("CONT");

    static Process Java(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("JAVA_HOME") is { Length: > 0 } home ? Path.Combine(home, "bin", "java") : "java")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["-Xmx384m", "-cp", $"{Home}/libs/*", .. arguments])
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
            client.Connect(IPAddress.Loopback, _port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
