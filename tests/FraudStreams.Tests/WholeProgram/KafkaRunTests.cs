using Confluent.Kafka;
using FraudStreams.Sqlite;
using FraudStreams.Tests.Messaging.Kafka;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

[Trait("needs", "kafka")]
[Collection(ServersCollection.Name)]
[Trait("Category", "Integration")]
public sealed class KafkaRunTests(SharedBroker broker) : IClassFixture<SharedBroker>
{
    const int Rows = 6_000;

    [KafkaFact]
    public async Task A_file_through_Kafka_gets_the_scores_of_embedded_topics()
    {
        using var embedded = new StreamFolder(Rows);
        using var kafka = new StreamFolder(Rows);
        await using var first = await embedded.RunAsync("run", "--input", embedded.Input, "--until-drained");

        await using var second = await kafka.RunAsync(["run", "--input", kafka.Input, "--until-drained", "--json", .. OnKafka("same."), .. PatientSession]);

        (await first.ExitAsync()).ShouldBe(0, first.Errors);
        (await second.ExitAsync()).ShouldBe(0, second.Errors);
        ShouldHoldAll(second.Json());
        ScoresOf(kafka).ShouldBe(ScoresOf(embedded));
    }

    [KafkaFact]
    public async Task A_host_killed_repeatedly_loses_nothing_and_stores_nothing_twice()
    {
        using var folder = new StreamFolder(Rows);
        var random = new Random(Seed: 4);
        for (var kill = 0; kill < 4; kill++)
        {
            await using var killed = folder.Start(["run", "--input", folder.Input, "--set", "speeds.speed_1=1500/s", .. OnKafka("killed.")]);
            await killed.LineAsync("The simulator goes on", "produced", "WARNING");
            await Task.Delay(random.Next(200, 1500));
            await killed.KillAsync();
        }

        await using var last = await folder.RunAsync(["run", "--input", folder.Input, "--until-drained", "--json", .. OnKafka("killed.")]);

        (await last.ExitAsync()).ShouldBe(0, last.Errors);
        ShouldHoldAll(last.Json(), exactly: false);
        ScoresOf(folder).Count.ShouldBe(Rows);
        folder.Mails().Length.ShouldBe(FraudsOf(folder));
    }

    [KafkaFact]
    public async Task Rejected_records_are_shown_as_on_embedded_topics()
    {
        using var folder = new StreamFolder(payments: 10);
        await using var before = await folder.RunAsync(["rejected", .. OnKafka("bad.")]);
        await using var first = await folder.RunAsync(["run", "--input", folder.Input, "--until-drained", .. OnKafka("bad.")]);
        using (var producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = broker.Servers }).Build())
            await producer.ProduceAsync(new Confluent.Kafka.TopicPartition("bad.transactions", 1), new Message<byte[], byte[]> { Key = "k"u8.ToArray(), Value = "[1]"u8.ToArray() });
        await using var second = await folder.RunAsync(["run", "--input", folder.Input, "--until-drained", .. OnKafka("bad.")]);

        await using var table = await folder.RunAsync(["rejected", .. OnKafka("bad.")]);
        await using var json = await folder.RunAsync(["rejected", "--json", "--code", "not-an-object", .. OnKafka("bad.")]);
        await using var other = await folder.RunAsync(["rejected", "--json", "--code", "not-a-time", .. OnKafka("bad.")]);

        (await second.ExitAsync()).ShouldBe(0, second.Errors);
        before.Output.ShouldContain("Nothing was rejected.");
        (await table.ExitAsync()).ShouldBe(0, table.Errors);
        table.Output.ShouldContain("transactions/1, offset");
        json.Json().GetProperty("original").GetBytesFromBase64().ShouldBe("[1]"u8.ToArray());
        other.Output.ShouldBeEmpty();
    }

    string[] OnKafka(string prefix) => SettingsFor(broker, prefix);

    /// <summary>The program's arguments for topics on the broker, with everything else on SQLite.</summary>
    internal static string[] SettingsFor(SharedBroker broker, string prefix) =>
    [
        "--config", Path.Combine(AppContext.BaseDirectory, "hocon", "kafka.conf"), "--set", $"topics.kafka.bootstrap-servers={broker.Servers}", "--set",
        $"topics.kafka.prefix={prefix}", "--set", "topics.partitions=3", "--set", "topics.kafka.consumer.client.session.timeout.ms=6000", "--set",
        "topics.kafka.consumer.client.heartbeat.interval.ms=500", "--set", "store.kind=sqlite", "--set", "alerts.journal.kind=sqlite", "--set", "console.log-every=200ms",
    ];

    /// <summary>Behind <see cref="SettingsFor"/>, where no host dies: one that a busy machine holds up for seconds is not to lose its partitions.</summary>
    internal static string[] PatientSession => ["--set", "topics.kafka.consumer.client.session.timeout.ms=45000"];

    /// <param name="exactly">Nothing was killed, so nothing may be published twice.</param>
    static void ShouldHoldAll(System.Text.Json.JsonElement status, bool exactly = true)
    {
        status.GetProperty("transactions").GetInt64().ShouldBe(Rows);
        if (exactly)
            status.GetProperty("predictions").GetInt64().ShouldBe(Rows);
        status.GetProperty("predictions").GetInt64().ShouldBeGreaterThanOrEqualTo(Rows);
        status.GetProperty("stored").GetInt64().ShouldBe(Rows);
        status.GetProperty("alerts").GetInt64().ShouldBe(status.GetProperty("predicted_frauds").GetInt64());
    }

    static List<(string Id, double Score, long Prediction)> ScoresOf(StreamFolder folder)
    {
        using var file = SqliteFile.Open(folder.StoreFile, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        using var rows = file.Query("SELECT trans_num, score, prediction FROM transactions ORDER BY trans_num");
        var scores = new List<(string, double, long)>();
        while (rows.Step())
            scores.Add((rows.Text(0), rows.Double(1), rows.Long(2)));
        return scores;
    }

    static int FraudsOf(StreamFolder folder) => ScoresOf(folder).Count(row => row.Prediction == 1);
}
