using FraudStreams.Storage;
using FraudStreams.Tests.Messaging.Kafka;
using FraudStreams.Topics;

namespace FraudStreams.ChaosTests;

/// <summary>Topics on three brokers of the scenario's own, each with a replica of everything; store and journal in the data folder.</summary>
sealed class ClusterStage : Stage
{
    const int Partitions = KafkaCluster.Nodes;

    readonly StageTopics _topics;
    StoreCounts _counts;

    ClusterStage(ChaosInput input, KafkaCluster cluster) : base(input, null)
    {
        Cluster = cluster;
        _topics = new StageTopics(cluster.Servers, "cluster.", Partitions);
    }

    public KafkaCluster Cluster { get; }

    public override bool PublishesOnce => false;

    protected override FraudSettings Registry => Tests.Configuration.SettingsOf.Set(["topics.kind=kafka", "topics.kafka.timeout=10s", .. _topics.Settings]);

    protected override IEnumerable<string> Settings =>
    [
        .. _topics.Settings, $"topics.kafka.replicas={KafkaCluster.Nodes}", "store.kind=sqlite", "alerts.journal.kind=sqlite",
        "topics.kafka.consumer.client.session.timeout.ms=6000", "topics.kafka.consumer.client.heartbeat.interval.ms=500",
    ];

    protected override IEnumerable<string> Files => [SettingsFile];

    string SettingsFile => Folder.File("kafka.conf");

    public static async Task<ClusterStage> OpenAsync(ChaosInput input) => new(input, await KafkaCluster.OpenAsync());

    /// <summary>Sets the rate of payments: before the program starts, and at any time while it runs, since it watches its file.</summary>
    public void SetSpeed(string speed) => File.WriteAllText(SettingsFile, $"{File.ReadAllText(StageTopics.File)}\nfraudstreams.speeds.speed_1 = {speed}\n");

    public override StageProgress? Progress() => _topics.Progress(Counts);

    /// <summary>Rows of the store, read without any broker.</summary>
    public long Stored => Counts().Stored;

    /// <summary>The node that coordinates one of the program's consumer groups.</summary>
    public Task<int> CoordinatorAsync(string group) => Cluster.CoordinatorAsync(_topics.NameOf(group));

    /// <summary>The partitions of `transactions` that a node leads.</summary>
    public Task<IReadOnlyList<Confluent.Kafka.TopicPartition>> LedByAsync(int node) => Cluster.LedByAsync(node, _topics.NameOf(TopicNames.Transactions));

    public override Ledger Read() => Ledger.Of(_topics.Records, StoreFile.Rows(Folder.StoreFile), Mail.Received());

    public override Task FillAsync(string topic, int partitions, IEnumerable<(string Key, byte[] Value)> records) => _topics.FillAsync(topic, partitions, records);

    public override long StoredWhere(string condition) => StoreFile.Count(Folder.StoreFile, condition);

    public override async ValueTask DisposeAsync()
    {
        _topics.Dispose();
        await Cluster.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>The last known counts while the file is being created.</summary>
    StoreCounts Counts()
    {
        try
        {
            return _counts = PredictionStore.ReadCounts(Folder.Data);
        }
        catch (StoreException)
        {
            return _counts;
        }
    }
}
