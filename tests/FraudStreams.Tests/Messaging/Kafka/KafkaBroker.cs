using Xunit;

namespace FraudStreams.Tests.Messaging.Kafka;

/// <summary>A test on a real Apache Kafka: one that the test starts, or the one of FRAUDSTREAMS_KAFKA. Skipped where neither is.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class KafkaFactAttribute : FactAttribute
{
    public KafkaFactAttribute() => Skip = SharedBroker.WhyNot;
}

/// <summary>A test that stops, stalls or configures the broker, and so needs one of its own.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class OwnKafkaFactAttribute : FactAttribute
{
    public OwnKafkaFactAttribute() => Skip = KafkaBroker.WhyNotOwn;
}

/// <summary>One broker, which is its own controller (KRaft), on loopback and a free port, in a temporary folder; removed with this object.</summary>
public sealed class KafkaBroker : IAsyncLifetime
{
    /// <summary>A Kafka download: its folder libs holds the broker.</summary>
    public const string Variable = "KAFKA_HOME";

    const int HeapMegabytes = 384;

    readonly TemporaryFolder _folder = new();
    readonly string[] _settings;
    readonly KafkaNode _node;

    public KafkaBroker() : this(port => [$"listeners=PLAINTEXT://127.0.0.1:{port}", $"advertised.listeners=PLAINTEXT://127.0.0.1:{port}"])
    {
    }

    /// <param name="settings">Makes the broker's settings, its listener among them, for the port that clients use.</param>
    internal KafkaBroker(Func<int, string[]> settings)
    {
        _node = new KafkaNode(Home ?? "", Path.Combine(_folder, "node"), id: 1, HeapMegabytes);
        _settings = settings(_node.Port);
    }

    /// <summary>Why no broker of the tests' own can be started here, or null.</summary>
    public static string? WhyNotOwn =>
        Home is null ? $"needs Apache Kafka: {Variable} names the folder of a download, or, for tests that leave it as it is, {SharedBroker.Variable} the address of a broker"
        : !Directory.Exists(Path.Combine(Home, "libs")) ? $"{Variable} is {Home}, which has no folder libs"
        : null;

    public string Servers => $"127.0.0.1:{_node.Port}";

    /// <summary>The variable's value.</summary>
    internal static string? Home { get; } = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } home ? home : null;

    internal bool IsRunning => _node.IsRunning;

    public async Task InitializeAsync()
    {
        if (WhyNotOwn is not null)
            return;
        await _node.SetUpAsync([_node], _settings);
        await StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        _folder.Dispose();
    }

    public Task StartAsync() => _node.StartAsync();

    /// <summary>As kill -9.</summary>
    public Task KillAsync() => _node.KillAsync();

    /// <summary>Stalls the broker: connections stay open and nothing answers.</summary>
    public Task StallAsync() => _node.SignalAsync("STOP");

    public Task GoOnAsync() => _node.SignalAsync("CONT");

    internal static int FreePort() => KafkaNode.FreePort();
}
