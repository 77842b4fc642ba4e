using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Kafka;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Messaging.Kafka;
using FraudStreams.Tests.WindowStates;
using FraudStreams.Topics;
using FraudStreams.WindowStates;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>
/// The Handbook's features on four partitions of a broker and two hosts: windows by card, by terminal, and over labels of the topic. Hosts that die and
/// restore from each other's snapshots give the same bytes as one undisturbed host.
/// </summary>
[Trait("needs", "kafka")]
[Collection(ServersCollection.Name)]
[Trait("Category", "Integration")]
public sealed class HandbookHostsTests(SharedBroker broker) : IClassFixture<SharedBroker>, IAsyncLifetime
{
    const int Rows = 6_000;

    /// <summary>Payments that are published last, once only one host is left: it has some to score however long the others took to die.</summary>
    const int Held = 1_000;
    const int Partitions = 4;
    const int LimitSeconds = 180;

    /// <summary>The snapshots of the first partition: of windows by card, and of windows by keys shared with other partitions.</summary>
    static readonly TopicPartition[] KeptOfFirst = [new(TopicNames.Transactions, 0), new("others", 0)];

    readonly TemporaryFolder _folder = new();
    readonly Dictionary<string, Predictions> _predictions = [];

    /// <summary>A trained model, payments without labels, and their labels.</summary>
    public async Task InitializeAsync()
    {
        if (SharedBroker.WhyNot is not null)
            return;
        var payments = TerminalPayments.Make(seed: 12, Rows);
        await WriteAsync("history.csv", $"{TerminalPayment.CsvHeader},TX_FRAUD", payments.Select(payment => $"{payment.CsvRow},{(payment.Fraud ? 1 : 0)}"));
        await WriteAsync("payments.csv", TerminalPayment.CsvHeader, payments.Select(payment => payment.CsvRow));
        await WriteAsync("first.csv", TerminalPayment.CsvHeader, payments.Take(Rows - Held).Select(payment => payment.CsvRow));
        await WriteAsync("rest.csv", TerminalPayment.CsvHeader, payments.Skip(Rows - Held).Select(payment => payment.CsvRow));
        await WriteAsync("labels.csv", "id,true_value,confirmed_at,confirmed_by", payments.Select(payment => string.Create(
            CultureInfo.InvariantCulture, $"{payment.Id},{(payment.Fraud ? 1 : 0)},{payment.Time.AddDays(4):yyyy-MM-dd HH:mm:ss},team")));
        await using var train = await FraudStreamsProcess.RunAsync(_folder, "train", "--input", "history.csv", "--schema", "handbook", "--set", "model.trees=20", "--data", "first");
        (await train.ExitAsync()).ShouldBe(0, train.Errors);
        CopyModels("first", "second");
    }

    public async Task DisposeAsync()
    {
        foreach (var predictions in _predictions.Values)
            await predictions.DisposeAsync();
        _folder.Dispose();
    }

    [KafkaFact]
    public async Task Hosts_that_die_and_take_over_predict_as_an_undisturbed_run()
    {
        await ImportAsync("quiet.");
        await using (var producer = Start("quiet.", "first", "simulate", "--input", "payments.csv"))
            (await producer.ExitAsync()).ShouldBe(0, producer.Errors);
        await using (var quiet = StartHost("quiet.", "first"))
            await EndAsync("quiet.", quiet);
        await ImportAsync("disturbed.");
        await using var slow = Start("disturbed.", "first", "simulate", "--input", "first.csv", "--set", "speeds.speed_1=400/s");
        await using var one = StartHost("disturbed.", "first");
        await using var two = StartHost("disturbed.", "second");
        await PredictedAsync("disturbed.", Rows / 5, one, two);
        await one.KillAsync();
        await using var three = StartHost("disturbed.", "first");
        await PredictedAsync("disturbed.", Rows / 2, two, three);
        await two.KillAsync();
        await using var four = StartHost("disturbed.", "second");
        await PredictedAsync("disturbed.", Rows * 3 / 4, three, four);
        await three.TerminateAsync();
        (await three.ExitAsync()).ShouldBe(0, three.Errors);
        (await slow.ExitAsync()).ShouldBe(0, slow.Errors);
        await using var rest = Start("disturbed.", "first", "simulate", "--input", "rest.csv");
        await four.LineAsync(": snapshot of offset ");
        await EndAsync("disturbed.", four);
        (await rest.ExitAsync()).ShouldBe(0, rest.Errors);

        var (expected, found) = (await PredictionsAsync("quiet."), await PredictionsAsync("disturbed."));
        expected.Count.ShouldBe(Rows);
        expected.Values.ShouldAllBe(same => same.Count == 1);
        expected.Values.Select(same => RiskOf(same.Single())).Count(risk => risk > 0).ShouldBeGreaterThan(Rows / 10);
        found.Keys.Order(StringComparer.Ordinal).ShouldBe(expected.Keys.Order(StringComparer.Ordinal));
        foreach (var (id, same) in found)
            same.ShouldBe(expected[id]);
    }

    [KafkaFact]
    public async Task Missing_and_damaged_snapshots_are_rebuilt_from_the_topic()
    {
        await ImportAsync("lost.");
        await using (var producer = Start("lost.", "first", "simulate", "--input", "payments.csv"))
            (await producer.ExitAsync()).ShouldBe(0, producer.Errors);
        await using (var never = StartHost("lost.", "first", "--set", "memory.snapshot-every=1d", "--set", "speeds.speed_2=400/s"))
        {
            await PredictedAsync("lost.", Rows / 10, never);
            await never.KillAsync();
        }

        await using (var missing = StartHost("lost.", "first", "--set", "speeds.speed_2=200/s"))
        {
            await missing.LineAsync("Windows of transactions/0: no snapshot");
            await UntilAsync(() => AreKeptAsync("lost."));
            await missing.KillAsync();
            (await PredictionsAsync("lost.")).Count.ShouldBeLessThan(Rows);
        }

        await DamageAsync("lost.");
        await using (var damaged = StartHost("lost.", "first"))
        {
            await damaged.LineAsync("The snapshot of transactions/0 cannot be used");
            await damaged.LineAsync("The snapshot of others/0 cannot be used");
            await EndAsync("lost.", damaged);
        }

        await using var verified = Start("lost.", "first", "features", "verify", "--json");
        (await verified.ExitAsync()).ShouldBe(0, verified.Errors);
        verified.Json().GetProperty("with_features").GetInt64().ShouldBeGreaterThanOrEqualTo(Rows);
    }

    FraudStreamsProcess StartHost(string prefix, string data, params string[] more) => Start(
        prefix, data, ["run", "--roles", "score", "--set", "batch.size=100", "--set", "memory.snapshot-every=300ms", "--set", "scoring.carry-features=on", .. more]);

    FraudStreamsProcess Start(string prefix, string data, params string[] arguments) => FraudStreamsProcess.Start(_folder,
    [
        .. arguments, "--data", data, "--config", Path.Combine(AppContext.BaseDirectory, "hocon", "kafka.conf"), "--set", $"topics.kafka.bootstrap-servers={broker.Servers}",
        "--set", $"topics.kafka.prefix={prefix}", "--set", $"topics.partitions={Partitions}", "--set", "topics.kafka.consumer.client.session.timeout.ms=6000", "--set",
        "topics.kafka.consumer.client.heartbeat.interval.ms=500", "--set", "store.kind=sqlite", "--set", "alerts.journal.kind=sqlite",
    ]);

    async Task ImportAsync(string prefix)
    {
        await using var import = Start(prefix, "first", "labels", "import", "labels.csv");
        (await import.ExitAsync()).ShouldBe(0, import.Errors);
    }

    /// <summary>Waits until every payment is predicted, and stops the hosts.</summary>
    async Task EndAsync(string prefix, params FraudStreamsProcess[] hosts)
    {
        await PredictedAsync(prefix, Rows, hosts);
        foreach (var host in hosts)
            await host.TerminateAsync();
        foreach (var host in hosts)
            (await host.ExitAsync()).ShouldBe(0, host.Errors);
    }

    Task PredictedAsync(string prefix, int payments, params FraudStreamsProcess[] hosts) => UntilAsync(async () =>
    {
        hosts.Count(host => host.HasExited).ShouldBe(0);
        return (await PredictionsAsync(prefix)).Count >= payments;
    });

    static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            waited.Elapsed.TotalSeconds.ShouldBeLessThan(LimitSeconds);
            await Task.Delay(300);
        }
    }

    /// <summary>The records of each payment so far, without the time of scoring.</summary>
    async Task<Dictionary<string, HashSet<string>>> PredictionsAsync(string prefix)
    {
        if (!_predictions.TryGetValue(prefix, out var predictions))
            _predictions.Add(prefix, predictions = new Predictions(Kafka(prefix)));
        return await predictions.ReadAsync();
    }

    KafkaCheckpointStore Snapshots(string prefix) => new(Kafka(prefix), Partitions, new FileCheckpointStore(Path.Combine(_folder, "other")));

    async Task<bool> AreKeptAsync(string prefix)
    {
        using var snapshots = Snapshots(prefix);
        foreach (var partition in KeptOfFirst)
        {
            if (await snapshots.OpenAsync(partition, default) is null)
                return false;
        }

        return true;
    }

    async Task DamageAsync(string prefix)
    {
        using var snapshots = Snapshots(prefix);
        foreach (var partition in KeptOfFirst)
        {
            using var bytes = new MemoryStream();
            await (await snapshots.OpenAsync(partition, default)).ShouldNotBeNull().CopyToAsync(bytes);
            bytes.GetBuffer()[bytes.Length / 2] ^= 1;
            await File.WriteAllBytesAsync(snapshots.Draft(partition), bytes.ToArray());
            await snapshots.KeepAsync(partition, default);
        }
    }

    /// <summary>Follows topic `predictions`: what was read once is not read again.</summary>
    sealed class Predictions(KafkaSettings settings) : IAsyncDisposable
    {
        readonly Dictionary<string, HashSet<string>> _read = [];
        readonly KafkaAdmin _admin = new(settings);
        KafkaReader[] _readers = [];

        public async Task<Dictionary<string, HashSet<string>>> ReadAsync()
        {
            if (_readers.Length == 0)
                _readers = [.. Enumerable.Range(0, Partitions).Select(number => new KafkaReader(settings, _admin, new TopicPartition(TopicNames.Predictions, number), 0))];
            foreach (var reader in _readers)
            {
                while (await reader.NextAsync(wait: true, default) is { Count: > 0 } records)
                {
                    foreach (var record in records)
                        Add(JsonNode.Parse(record.Value.Span)!.AsObject());
                }
            }

            return _read;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var reader in _readers)
                await reader.DisposeAsync();
            _admin.Dispose();
        }

        void Add(JsonObject json)
        {
            json.Remove("scored_at");
            var id = json["TRANSACTION_ID"]!.GetValue<string>();
            if (!_read.TryGetValue(id, out var same))
                _read.Add(id, same = []);
            same.Add(json.ToJsonString());
        }
    }

    KafkaSettings Kafka(string prefix) => SettingsOf.Set(
        "topics.kind=kafka", $"topics.kafka.bootstrap-servers={broker.Servers}", $"topics.kafka.prefix={prefix}", $"topics.partitions={Partitions}").Topics.Kafka!;

    static double RiskOf(string prediction) => JsonNode.Parse(prediction)!["feature_values"]!.AsArray()[^1]?.GetValue<double>() ?? 0;

    Task WriteAsync(string name, string header, IEnumerable<string> rows) => File.WriteAllLinesAsync(Path.Combine(_folder, name), rows.Prepend(header));

    void CopyModels(string from, string to)
    {
        var source = Path.Combine(_folder, from, "models");
        foreach (var file in Directory.GetFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(_folder, to, "models", Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
