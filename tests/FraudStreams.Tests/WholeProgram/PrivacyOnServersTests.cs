using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using FraudStreams.Privacy;
using FraudStreams.Storage.Postgres;
using FraudStreams.Tests.Api;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Messaging.Kafka;
using FraudStreams.Tests.Storage;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>Keys, tokens, the search for numbers, and erasing a card, where topics are on Kafka and store and journal on PostgreSQL.</summary>
[Trait("needs", "kafka, PostgreSQL")]
[Collection(ServersCollection.Name)]
[Trait("Category", "Integration")]
public sealed class PrivacyOnServersTests(SharedBroker broker, SharedPostgres postgres) : IClassFixture<SharedBroker>, IClassFixture<SharedPostgres>
{
    const int Payments = 400, Partitions = 2;
    const string Planted = "4485370000007776";

    readonly string _prefix = $"privacy{Guid.NewGuid():N}.";
    readonly PostgresStoreSettings _store = postgres.NewStore();

    [SharedServersFact]
    public async Task What_is_found_erased_and_allowed_is_the_same_as_on_one_machine()
    {
        using var folder = new StreamFolder(Payments);
        var key = folder.File("token.key");
        CardTokenKeys.Rotate(key);
        await File.WriteAllTextAsync(folder.File("password"), _store.Password.Reveal());
        var set = Set(folder);
        var payments = ProtocolsTests.JsonOf(folder.Input);
        var cards = payments.GroupBy(CardOf).OrderByDescending(card => card.Count()).ToList();
        var (gone, stays) = (cards[0].ToList(), cards[1].ToList());
        var tokens = SettingsOf.Set("privacy.card-token=on", $"privacy.token-key-file={key}").Privacy.For(TrainedModel.Schema)!;
        var (goneToken, staysToken) = (tokens.Of(CardOf(gone[0]))[0], tokens.Of(CardOf(stays[0]))[0]);

        // A key that one machine makes lets in at another.
        await using var added = await RunAsync(folder, ["keys", "add", "desk", "--role", "supervisor", "--json"], set);
        var desk = added.Json().GetProperty("key").GetString()!;
        double before;
        await using (var host = await RunningApi.StartAsync(folder, set))
        {
            SignIn(host, desk);
            await Eventually.TrueAsync(async () => (await host.PostAsync("/predict", List(payments))).Status == 200, limitSeconds: 60, everyMilliseconds: 50);
            foreach (var part in payments.Chunk(100))
                await host.AskAsync("/predict?mode=record", List(part));
            (await host.PostAsync("/labels", $$"""{"id": "{{IdOf(gone[0])}}", "true_value": 1, "confirmed_by": "the bank"}""")).Status.ShouldBe(202);
            await Eventually.TrueAsync(() => Count("transactions") == Payments && Count("label_history") == 1 && Holds(SnapshotsOf(), goneToken) && Holds(SnapshotsOf(), staysToken), limitSeconds: 60, everyMilliseconds: 50);
            await Eventually.TrueAsync(() => Directory.Exists(Path.Combine(folder.Data, "alerts")) && folder.Mails().Length == Count("transactions WHERE prediction = 1"), limitSeconds: 60, everyMilliseconds: 50);
            before = await ScoreAsync(host, stays[0]);
            await File.WriteAllTextAsync(folder.File("metrics.txt"), await host.TextAsync("/metrics"));
            await File.WriteAllTextAsync(folder.File("run.log"), host.Log);

            // From another machine, which has no data folder of it.
            await using var tooEarly = await RunAsync(folder, ["privacy", "erase", "--card", CardOf(gone[0]), "--why", "too early", "--data", folder.File("elsewhere")], set);
            tooEarly.Errors.ShouldContain($"consumes topics at {broker.Servers}, in group {_prefix}");
            (await tooEarly.ExitAsync()).ShouldBe(1);
        }

        await IsRefusedAsync(folder, set, CardOf(gone[0]));

        folder.Mails().Length.ShouldBeGreaterThan(0);
        await using var clean = await AuditAsync(folder, set);
        (await clean.ExitAsync()).ShouldBe(0, clean.Output + clean.Errors);
        clean.Json().GetProperty("places").GetInt32().ShouldBeGreaterThan(25);

        // One number in a table, one in a topic: each is found where it is, and not shown.
        PostgresServer.Execute(_store, $"UPDATE {_store.Tables.Transactions} SET merchant = 'paid with {Planted}' WHERE trans_num = '{IdOf(stays[0])}'");
        await PublishAsync(TopicNames.Alerts, $$"""{"transaction":"x","note":"{{Planted}}"}""");
        await using var found = await AuditAsync(folder, set);
        (await found.ExitAsync()).ShouldBe(1, found.Errors);
        found.Json().GetProperty("findings").EnumerateArray().Select(finding => (finding.GetProperty("place").GetString(), finding.GetProperty("kind").GetString(), finding.GetProperty("count").GetInt32()))
            .ShouldBe([($"PostgreSQL, table {_store.Schema}.transactions", PiiAudit.CardNumber, 1), ("topic alerts", PiiAudit.CardNumber, 1)]);
        found.Output.ShouldNotContain(Planted);

        Holds(SnapshotsOf(), goneToken).ShouldBeTrue("the snapshots have the card before");
        await using var erase = await RunAsync(folder, ["privacy", "erase", "--card", CardOf(gone[0]), "--why", "request 17", "--as", "maria", "--json"], set);
        (await erase.ExitAsync()).ShouldBe(0, erase.Errors);
        var erased = erase.Json();
        erased.GetProperty("payments").GetInt32().ShouldBe(gone.Count);
        erased.GetProperty("labels").GetInt32().ShouldBe(1);
        erased.GetProperty("snapshots").GetInt32().ShouldBe(1);
        erased.GetProperty("not_reached").EnumerateArray().Select(place => place.GetString()!).ShouldContain(place => place.Contains("Kafka removes no single record", StringComparison.Ordinal));
        Count($"transactions WHERE cc_num = '{goneToken}'").ShouldBe(0);
        Count($"transactions WHERE cc_num = '{staysToken}'").ShouldBe(stays.Count);
        Count("transactions").ShouldBe(Payments - gone.Count);
        Count("label_history").ShouldBe(0);
        Holds(SnapshotsOf(), goneToken).ShouldBeFalse("what the broker keeps of the topic when it compacts it");
        Holds(SnapshotsOf(), staysToken).ShouldBeTrue();

        // Another machine goes on, with the same key, with the windows of the others.
        using var other = new StreamFolder(payments: 1);
        await using var second = await RunningApi.StartAsync(other, [.. set, "roles=[score, api]"]);
        SignIn(second, desk);
        await Eventually.TrueAsync(async () => (await second.PostAsync("/predict", List(payments))).Status == 200, limitSeconds: 60, everyMilliseconds: 50);
        (await ScoreAsync(second, stays[0])).ShouldBe(before);
        (await second.Client.GetAsync($"/payments/{IdOf(gone[0])}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await second.Client.GetAsync($"/payments/{IdOf(stays[0])}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        var audit = (await second.JsonAsync("/audit")).GetProperty("data").EnumerateArray().Select(entry => (entry.GetProperty("actor").GetString(), entry.GetProperty("action").GetString())).ToList();
        audit.ShouldContain(("maria", "card.erased"));
        audit.ShouldContain(("desk", "label.posted"));
        (await second.TextAsync("/audit")).ShouldNotContain(CardOf(gone[0]));
    }

    /// <summary>While a host that only stores is there, and while predictions are not stored.</summary>
    async Task IsRefusedAsync(StreamFolder folder, string[] set, string card)
    {
        string[] command = ["privacy", "erase", "--card", card, "--why", "too early", "--data", folder.File("elsewhere")];
        var group = _prefix + ConsumerGroups.Store;
        using (var host = Consumer())
        {
            host.Subscribe(_prefix + TopicNames.Predictions);
            await Eventually.TrueAsync(() => host.Consume(TimeSpan.FromMilliseconds(50)) is not null || host.Assignment.Count == Partitions, limitSeconds: 60);
            await using var beside = await RunAsync(folder, command, set);
            (await beside.ExitAsync()).ShouldBe(1);
            beside.Errors.ShouldContain($"in group {group}: stop it first");
            host.Close();
        }

        using var position = Consumer();
        var partitions = Enumerable.Range(0, Partitions).Select(partition => new TopicPartition(_prefix + TopicNames.Predictions, partition)).ToList();
        var stored = position.Committed(partitions, TimeSpan.FromSeconds(20));
        position.Commit(partitions.Select(partition => new TopicPartitionOffset(partition, 0)));
        await using var behind = await RunAsync(folder, command, set);
        (await behind.ExitAsync()).ShouldBe(1);
        behind.Errors.ShouldContain($"group {group} has a lag of ");
        position.Commit(stored.Where(at => at.Offset >= 0));

        IConsumer<byte[], byte[]> Consumer() =>
            new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig { BootstrapServers = broker.Servers, GroupId = group, EnableAutoCommit = false }).Build();
    }

    string[] Set(StreamFolder folder) =>
    [
        "topics.kind=kafka", $"topics.kafka.bootstrap-servers={broker.Servers}", $"topics.kafka.prefix={_prefix}", $"topics.partitions={Partitions}",
        "topics.kafka.consumer.client.session.timeout.ms=6000", "topics.kafka.consumer.client.heartbeat.interval.ms=500",
        "store.kind=postgresql", $"store.postgresql.connection-string={_store.Connection}", $"store.postgresql.schema={_store.Schema}", $"store.postgresql.password-file={folder.File("password")}",
        "alerts.journal.kind=postgresql", "alerts.mail.per-minute=unlimited", "alerts.mail.card-window=0s", "api.keys=on", "privacy.card-token=on", $"privacy.token-key-file={folder.File("token.key")}",
        "memory.snapshot-records=50", "batch.wait=10ms", "store.batch.wait=20ms",
    ];

    static Task<FraudStreamsProcess> RunAsync(StreamFolder folder, string[] command, string[] set) =>
        folder.RunAsync([.. command, .. command.Contains("--data") ? [] : (string[])["--data", folder.Data], .. set.SelectMany(setting => (string[])["--set", setting])]);

    static Task<FraudStreamsProcess> AuditAsync(StreamFolder folder, string[] set) =>
        RunAsync(folder, ["pii", "audit", "--json", "--file", folder.File("run.log"), "--file", folder.File("metrics.txt")], set);

    static void SignIn(RunningApi host, string key) => host.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);

    static async Task<double> ScoreAsync(RunningApi host, string payment) => (await host.AskAsync("/predict", payment)).GetProperty("predictions")[0].GetProperty("score").GetDouble();

    int Count(string of)
    {
        try
        {
            return int.Parse(PostgresServer.Rows(_store, $"SELECT count(*) FROM {of}")[0]);
        }
        catch (Npgsql.PostgresException)
        {
            // Not made yet.
            return -1;
        }
    }

    /// <summary>The last record of each key of topic `memory`, which is what compaction leaves; tombstones are gone then.</summary>
    Dictionary<string, byte[]> SnapshotsOf()
    {
        var last = new Dictionary<string, byte[]>();
        using var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig { BootstrapServers = broker.Servers, GroupId = $"{_prefix}test", EnablePartitionEof = true, EnableAutoCommit = false }).Build();
        var topic = _prefix + TopicNames.Memory;
        consumer.Assign(Enumerable.Range(0, Partitions).Select(partition => new TopicPartitionOffset(topic, partition, Offset.Beginning)));
        for (var ended = 0; ended < Partitions;)
        {
            var record = consumer.Consume(TimeSpan.FromSeconds(20)).ShouldNotBeNull();
            if (record.IsPartitionEOF)
            {
                ended++;
                continue;
            }

            var key = $"{record.Partition.Value}/{Encoding.ASCII.GetString(record.Message.Key)}";
            if (record.Message.Value is null)
                last.Remove(key);
            else
                last[key] = record.Message.Value;
        }

        return last;
    }

    static bool Holds(Dictionary<string, byte[]> snapshots, string token) => snapshots.Values.Any(snapshot => snapshot.AsSpan().IndexOf(Encoding.UTF8.GetBytes(token)) >= 0);

    async Task PublishAsync(string topic, string value)
    {
        using var producer = new ProducerBuilder<Null, string>(new ProducerConfig { BootstrapServers = broker.Servers }).Build();
        await producer.ProduceAsync(new TopicPartition(_prefix + topic, 0), new Message<Null, string> { Value = value });
    }

    static string List(IEnumerable<string> payments) => $"[{string.Join(',', payments)}]";

    static string CardOf(string payment) => JsonElement.Parse(payment).GetProperty("cc_num").GetString()!;

    static string IdOf(string payment) => JsonElement.Parse(payment).GetProperty("trans_num").GetString()!;
}

/// <summary>A test that needs Kafka and PostgreSQL, and leaves both as they are.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class SharedServersFactAttribute : FactAttribute
{
    public SharedServersFactAttribute() => Skip = SharedBroker.WhyNot ?? PostgresServer.WhyNot;
}
