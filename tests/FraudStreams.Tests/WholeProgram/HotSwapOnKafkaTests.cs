using FraudStreams.ModelOps;
using FraudStreams.Tests.Messaging.Kafka;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>Hosts without a disk in common share the registry through Kafka.</summary>
[Trait("needs", "kafka")]
[Collection(ServersCollection.Name)]
[Trait("Category", "Integration")]
public sealed class HotSwapOnKafkaTests(SharedBroker broker) : IClassFixture<SharedBroker>
{
    const int Rows = 6_000;

    [KafkaFact]
    public async Task A_host_without_models_fetches_them_and_all_hosts_follow_a_promotion()
    {
        using var folder = new StreamFolder(Rows);
        using var empty = new TemporaryFolder();
        var second = TrainedModel.Train(new LocalModels(folder.File("elsewhere"), TimeProvider.System), seed: 5).Version;
        await using var one = folder.Start(["run", "--input", folder.Input, "--set", "speeds.speed_1=200/s", .. OnKafka]);
        await one.LineAsync("produced");
        await using var two = FraudStreamsProcess.Start(empty, ["run", "--schema", "cards", "--roles", "score", .. OnKafka]);
        await two.LineAsync("Windows of transactions/");

        await folder.ShouldDoAsync(["models", "import", folder.File($"elsewhere/models/{second}"), .. OnKafka]);
        await folder.ShouldDoAsync(["models", "promote", second, "--why", "a test's", .. OnKafka]);
        await one.LineAsync($"Model {second} scores from now on");
        await two.LineAsync($"Model {second} scores from now on");

        foreach (var host in (FraudStreamsProcess[])[one, two])
        {
            await host.TerminateAsync();
            (await host.ExitAsync()).ShouldBe(0, host.Errors);
        }

        await folder.ShouldDoAsync(["run", "--input", folder.Input, "--until-drained", .. OnKafka]);
        Directory.GetDirectories(Path.Combine(empty, "fraudstreams-data", "models")).Select(Path.GetFileName).Order()
            .ShouldBe(new[] { second, TrainedModel.Loaded.Version }.Order());
        await using var status = await folder.RunAsync(["status", "--json", .. OnKafka]);
        (status.Json().GetProperty("transactions").GetInt64(), status.Json().GetProperty("stored").GetInt64()).ShouldBe((Rows, Rows));
    }

    string[] OnKafka => KafkaRunTests.SettingsFor(broker, "swap.");
}
