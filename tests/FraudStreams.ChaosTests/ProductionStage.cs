using System.Collections.Immutable;
using System.Globalization;
using Confluent.Kafka;
using FraudStreams.Storage;
using FraudStreams.Tests.Storage;
using FraudStreams.Tests.Topics.Kafka;
using FraudStreams.Topics;
using FraudStreams.Topics.Kafka;
using Npgsql;
using TopicPartition = FraudStreams.Topics.TopicPartition;

namespace FraudStreams.ChaosTests;

/// <summary>The parts of hocon/kafka.conf: a broker and a database server, which the scenario may stop, kill and stall.</summary>
sealed class ProductionStage : Stage
{
    const int Partitions = 4;

    readonly KafkaSettings _kafka;
    readonly PostgresStoreSettings _store;
    readonly PostgresDisk? _disk;
    readonly string _prefix;
    readonly KafkaAdmin _admin;
    readonly KafkaStatus _status;
    readonly ImmutableSortedDictionary<string, int> _topics;

    StoreCounts _counts;

    ProductionStage(ChaosInput input, KafkaBroker broker, PostgresServer postgres, PostgresDisk? disk) : base(input, null)
    {
        Broker = broker;
        Postgres = postgres;
        _disk = disk;
        _store = (disk?.NewStore() ?? postgres.NewStore()) with { ConnectTimeout = TimeSpan.FromSeconds(2), StatementTimeout = TimeSpan.FromSeconds(2) };
        _prefix = $"{_store.Schema}.";
        var settings = Tests.Settings.SettingsOf.Set(
            "topics.kind=kafka", $"topics.kafka.bootstrap-servers={broker.Servers}", $"topics.kafka.prefix={_prefix}", "topics.kafka.timeout=2s",
            $"topics.partitions={Partitions}");
        _kafka = settings.Topics.Kafka!;
        _topics = settings.Topics.PartitionsOfTopics;
        _admin = new KafkaAdmin(_kafka);
        _status = new KafkaStatus(_kafka, _admin);
    }

    public KafkaBroker Broker { get; }

    public PostgresServer Postgres { get; }

    public override bool PublishesOnce => false;

    /// <summary>On the disk of the database.</summary>
    public override string Filler => _disk!.Filler;

    protected override IEnumerable<string> Settings =>
    [
        $"topics.kafka.bootstrap-servers={Broker.Servers}", $"topics.kafka.prefix={_prefix}", $"topics.partitions={Partitions}",
        $"store.postgresql.connection-string={_store.Connection}", $"store.postgresql.schema={_store.Schema}", "store.postgresql.connect-timeout=2s",
        "topics.kafka.consumer.client.session.timeout.ms=3000", "topics.kafka.consumer.client.heartbeat.interval.ms=500",
    ];

    protected override IEnumerable<string> Files => [Path.Combine(AppContext.BaseDirectory, "hocon", "kafka.conf")];

    protected override IEnumerable<(string Name, string Value)> Environment => [(PostgresStoreSettings.PasswordVariable, _store.Password.Reveal())];

    public static async Task<ProductionStage> OpenAsync(ChaosInput input, ChaosServers servers, int? diskMegabytes)
    {
        await servers.EnsureUpAsync();
        return new ProductionStage(input, servers.Broker, servers.Postgres, diskMegabytes is { } megabytes ? new PostgresDisk(servers.Postgres, megabytes) : null);
    }

    public override StageProgress? Progress()
    {
        try
        {
            return _status.ReadAsync(_topics, CancellationToken.None).GetAwaiter().GetResult() is { } topics ? StageProgress.Of(topics, Counts()) : null;
        }
        catch (Exception e) when (e is TopicsException or KafkaException)
        {
            // The broker is down, or the program has not made its topics yet.
            return null;
        }
    }

    public override Ledger Read() => Ledger.Of(
        Records,
        [.. PostgresServer.Rows(
            _store with { StatementTimeout = TimeSpan.FromMinutes(1) },
            "SELECT trans_num, score, prediction::int, (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000)::bigint FROM transactions").Select(StoredRowOf)],
        Mail.Told());

    public override long Confirmed() => long.Parse(PostgresServer.Rows(_store, "SELECT count(true_value) FROM transactions").Single(), CultureInfo.InvariantCulture);

    public override async ValueTask DisposeAsync()
    {
        _admin.Dispose();
        await base.DisposeAsync();
        _disk?.Dispose();
    }

    /// <summary>What was last known while the server is down.</summary>
    StoreCounts Counts()
    {
        try
        {
            return _counts = PredictionStore.ReadCounts(_store);
        }
        catch (Exception e) when (e is StoreException or NpgsqlException)
        {
            return _counts;
        }
    }

    static StoredRow StoredRowOf(string row)
    {
        var fields = row.Split('|');
        return new StoredRow(
            fields[0], double.Parse(fields[1], CultureInfo.InvariantCulture), fields[2] == "1", long.Parse(fields[3], CultureInfo.InvariantCulture));
    }

    List<TopicRecord> Records(string topic)
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]>(
            _kafka.Properties.SetItem("group.id", "chaos-reader").SetItem("enable.auto.commit", "false").SetItem("enable.partition.eof", "true")).Build();
        var partitions = _topics[topic];
        consumer.Assign(Enumerable.Range(0, partitions).Select(number => new TopicPartitionOffset(_prefix + topic, number, Offset.Beginning)));
        var records = new List<TopicRecord>();
        for (var ended = 0; ended < partitions;)
        {
            var next = consumer.Consume(TimeSpan.FromSeconds(30)) ?? throw new InvalidOperationException($"{topic} cannot be read to its end");
            if (next.IsPartitionEOF)
                ended++;
            else
                records.Add(new TopicRecord(new TopicPartition(topic, next.Partition.Value), next.Offset.Value, next.Message.Key, next.Message.Value, next.Message.Timestamp.UnixTimestampMs));
        }

        return records;
    }
}
