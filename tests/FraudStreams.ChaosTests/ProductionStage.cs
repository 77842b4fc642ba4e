using System.Globalization;
using FraudStreams.Storage;
using FraudStreams.Storage.Postgres;
using FraudStreams.Tests.Messaging.Kafka;
using FraudStreams.Tests.Storage;
using Npgsql;

namespace FraudStreams.ChaosTests;

/// <summary>The parts of hocon/kafka.conf: a broker and a database server, which the scenario may stop, kill and stall.</summary>
sealed class ProductionStage : Stage
{
    const int Partitions = 4;

    readonly PostgresStoreSettings _store;
    readonly PostgresDisk? _disk;
    readonly StageTopics _topics;

    StoreCounts _counts;

    ProductionStage(ChaosInput input, KafkaBroker broker, PostgresServer postgres, PostgresDisk? disk) : base(input, null)
    {
        Broker = broker;
        Postgres = postgres;
        _disk = disk;
        _store = (disk?.NewStore() ?? postgres.NewStore()) with { ConnectTimeout = TimeSpan.FromSeconds(2), StatementTimeout = TimeSpan.FromSeconds(2) };
        _topics = new StageTopics(broker.Servers, $"{_store.Schema}.", Partitions);
    }

    public KafkaBroker Broker { get; }

    public PostgresServer Postgres { get; }

    public override bool PublishesOnce => false;

    /// <summary>On the disk of the database.</summary>
    public override string Filler => _disk!.Filler;

    public override IReadOnlyList<string> PatientSession => ["topics.kafka.consumer.client.session.timeout.ms=45000"];

    protected override FraudSettings Registry => Tests.Configuration.SettingsOf.Set(["topics.kind=kafka", "topics.kafka.timeout=10s", .. _topics.Settings]);

    protected override IEnumerable<string> Settings =>
    [
        .. _topics.Settings,
        $"store.postgresql.connection-string={_store.Connection}", $"store.postgresql.schema={_store.Schema}", "store.postgresql.connect-timeout=2s",
        "topics.kafka.consumer.client.session.timeout.ms=3000", "topics.kafka.consumer.client.heartbeat.interval.ms=500",
    ];

    protected override IEnumerable<string> Files => [StageTopics.File];

    protected override IEnumerable<(string Name, string Value)> Environment => [(PostgresStoreSettings.PasswordVariable, _store.Password.Reveal())];

    public static async Task<ProductionStage> OpenAsync(ChaosInput input, int? diskMegabytes)
    {
        var servers = await ChaosServers.UpAsync();
        return new ProductionStage(input, servers.Broker, servers.Postgres, diskMegabytes is { } megabytes ? new PostgresDisk(servers.Postgres, megabytes) : null);
    }

    public override StageProgress? Progress() => _topics.Progress(Counts);

    /// <summary>Waits until so many hosts are in a group, and each has partitions.</summary>
    public Task SpreadAsync(string group, int hosts) => _topics.SpreadAsync(group, hosts);

    public override Ledger Read() => Ledger.Of(
        _topics.Records,
        [.. PostgresServer.Rows(
            _store with { StatementTimeout = TimeSpan.FromMinutes(1) },
            "SELECT trans_num, score, prediction::int, (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000)::bigint FROM transactions").Select(StoredRowOf)],
        Mail.Received());

    public override Task FillAsync(string topic, int partitions, IEnumerable<(string Key, byte[] Value)> records) => _topics.FillAsync(topic, partitions, records);

    public override long StoredWhere(string condition) => long.Parse(PostgresServer.Rows(_store, $"SELECT count(*) FROM transactions WHERE {condition}").Single(), CultureInfo.InvariantCulture);

    public override async ValueTask DisposeAsync()
    {
        _topics.Dispose();
        await base.DisposeAsync();
        _disk?.Dispose();
    }

    /// <summary>The last known counts while the server is down.</summary>
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
}
