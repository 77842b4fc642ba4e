using FraudStreams.Configuration;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Configuration;

[Trait("Category", "Unit")]
public sealed class EffectiveSettingsTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_setting_names_the_layer_that_it_came_from()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "hocon"));
        File.WriteAllText(Path.Combine(_folder, "hocon", "fraudstreams.conf"), "fraudstreams { batch.size = 7, speeds {} }");
        File.WriteAllText(Path.Combine(_folder, "my.conf"), "fraudstreams.store.batch.size = 8");

        var settings = Layers(["batch.wait=9ms"], new() { ["FRAUDSTREAMS__TOPICS__PARTITIONS"] = "3" }).Effective().ToDictionary(setting => setting.Path);

        Of("fraudstreams.batch.size").ShouldBe(("7", Path.Combine(_folder, "hocon", "fraudstreams.conf")));
        Of("fraudstreams.store.batch.size").ShouldBe(("8", Path.Combine(_folder, "my.conf")));
        Of("fraudstreams.batch.wait").ShouldBe(("9ms", "--set"));
        Of("fraudstreams.topics.partitions").ShouldBe(("3", "the environment"));
        Of("fraudstreams.speeds.speed_2").ShouldBe(("unlimited", "default"));
        Of("fraudstreams.roles").ShouldBe(("[simulate, score, alert, store, label, train, api, rekey]", "default"));

        (string, string) Of(string path) => (settings[path].Value, settings[path].Source);
    }

    [Fact]
    public void Secrets_and_paths_of_addresses_are_masked()
    {
        var settings = Layers(
        [
            "alerts.webhook.url=https://hooks.example.org/services/T0/secret-token",
            "topics.kafka.client={ \"sasl.password\" = guessme, \"client.id\" = mine }",
        ]).Effective().ToDictionary(setting => setting.Path, setting => setting.Shown);

        settings["fraudstreams.alerts.webhook.url"].ShouldBe("https://hooks.example.org/***");
        settings.Values.ShouldNotContain(shown => shown.Contains("guessme") || shown.Contains("secret-token"));
        settings.Single(setting => setting.Key.EndsWith("client.id", StringComparison.Ordinal)).Value.ShouldBe("mine");
    }

    [Fact]
    public void All_mistakes_are_reported_at_once()
    {
        var refusal = Should.Throw<SettingsException>(() => FraudSettings.From(Layers(["batch.size=0", "batch.wait=soon", "speeds.speed_1=fast", "log.level=loud", "roles=[cook]"]).Load()));

        var lines = refusal.Message.Split('\n');
        lines.Length.ShouldBe(5);
        foreach (var key in (string[])["batch.size = 0", "batch.wait = soon", "speeds.speed_1 = fast", "log.level = loud", "roles = cook"])
            lines.ShouldContain(line => line.StartsWith($"fraudstreams.{key}: it must be ", StringComparison.Ordinal), key);
    }

    ConfigLayers Layers(string[] set, Dictionary<string, string>? environment = null) => new(
        File.Exists(Path.Combine(_folder, "my.conf")) ? Path.Combine(_folder, "my.conf") : null, set, environment: environment ?? [], directory: _folder);
}
