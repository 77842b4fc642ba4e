using Xunit;

namespace FraudStreams.Tests.Messaging.Kafka;

/// <summary>
/// The broker of all tests that leave it as it is: the one of FRAUDSTREAMS_KAFKA, or one that the first of them starts. Starting one takes longer than most
/// tests; names of topics and groups begin with a prefix of each test's own.
/// </summary>
public sealed class SharedBroker : IAsyncLifetime
{
    /// <summary>The variable that names a running broker, host:port.</summary>
    public const string Variable = "FRAUDSTREAMS_KAFKA";

    static readonly string? s_given = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given ? given : null;
    static readonly Lazy<Task<KafkaBroker>> s_own = new(() => SharedServers.StartAsync(new KafkaBroker()));

    /// <summary>Why tests on Kafka cannot run here, or null.</summary>
    internal static string? WhyNot => s_given is null ? KafkaBroker.WhyNotOwn : null;

    public string Servers { get; private set; } = "";

    public async Task InitializeAsync()
    {
        if (WhyNot is null)
            Servers = s_given ?? (await s_own.Value).Servers;
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
