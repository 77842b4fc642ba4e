using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace FraudStreams.Tests.Topics.Kafka;

/// <summary>
/// Three brokers, which are their own controllers, in a temporary folder; gone with this object. Every topic has a copy on each, and a write is
/// acknowledged when two have it: with one away all goes on, with two away writes wait.
/// </summary>
sealed class KafkaCluster : IAsyncDisposable
{
    public const int Nodes = 3;
    const int HeapMegabytes = 320;

    static readonly TimeSpan Question = TimeSpan.FromSeconds(5);

    readonly TemporaryFolder _folder = new();
    readonly KafkaNode[] _nodes;

    KafkaCluster() => _nodes = [.. Enumerable.Range(1, Nodes).Select(id => new KafkaNode(KafkaBroker.Home!, Path.Combine(_folder, $"{id}"), id, HeapMegabytes))];

    public string Servers => string.Join(',', _nodes.Select(node => $"127.0.0.1:{node.Port}"));

    public static async Task<KafkaCluster> OpenAsync()
    {
        var cluster = new KafkaCluster();
        try
        {
            await Task.WhenAll(cluster._nodes.Select(cluster.SetUpAndStartAsync));
            await cluster.WholeAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <param name="node">From 1.</param>
    public Task StartAsync(int node) => _nodes[node - 1].StartAsync();

    /// <summary>It hands its partitions and groups over to the others and ends.</summary>
    /// <param name="node">From 1.</param>
    public Task StopAsync(int node) => _nodes[node - 1].StopAsync();

    /// <summary>As kill -9.</summary>
    /// <param name="node">From 1.</param>
    public Task KillAsync(int node) => _nodes[node - 1].KillAsync();

    /// <summary>Waits until every broker is there and has all that the others have. Before that, another one that goes would take acknowledged records' second copy.</summary>
    public Task WholeAsync() => Eventually.TrueAsync(
        () => Ask(client => client.GetMetadata(Question)) is { } cluster && cluster.Brokers.Count == Nodes
            && cluster.Topics.SelectMany(topic => topic.Partitions).All(partition => partition.InSyncReplicas.Length == partition.Replicas.Length),
        "all brokers with all copies", limitSeconds: 60, everyMilliseconds: 200);

    /// <summary>Gives the partitions back to the brokers that are to lead them: who was away leads nothing, and would be missed by nobody if it went again.</summary>
    public async Task SpreadAsync()
    {
        using var client = Client();
        try
        {
            await client.ElectLeadersAsync(ElectionType.Preferred, null, new ElectLeadersOptions { RequestTimeout = Question });
        }
        catch (ElectLeadersException e) when (e.Results.TopicPartitions.All(partition => !partition.Error.IsError || partition.Error.Code == ErrorCode.ElectionNotNeeded))
        {
            // They lead already.
        }
    }

    /// <summary>The node that keeps a group's members and positions.</summary>
    public async Task<int> CoordinatorAsync(string group)
    {
        using var client = Client();
        var answer = await client.DescribeConsumerGroupsAsync([group], new DescribeConsumerGroupsOptions { RequestTimeout = Question });
        return answer.ConsumerGroupDescriptions.Single().Coordinator.Id;
    }

    /// <summary>The partitions of a topic that a node leads.</summary>
    public IReadOnlyList<TopicPartition> LedBy(int node, string topic)
    {
        using var client = Client();
        return [.. client.GetMetadata(topic, Question).Topics.Single().Partitions.Where(partition => partition.Leader == node)
            .Select(partition => new TopicPartition(topic, partition.PartitionId))];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        _folder.Dispose();
    }

    async Task SetUpAndStartAsync(KafkaNode node)
    {
        await node.SetUpAsync(_nodes, [$"listeners=PLAINTEXT://127.0.0.1:{node.Port}", $"advertised.listeners=PLAINTEXT://127.0.0.1:{node.Port}", "default.replication.factor=3"]);
        await node.StartAsync();
    }

    /// <summary>Null while no broker can say it.</summary>
    T? Ask<T>(Func<IAdminClient, T> question) where T : class
    {
        try
        {
            using var client = Client();
            return question(client);
        }
        catch (KafkaException)
        {
            return null;
        }
    }

    /// <summary>One for each question, so that none is asked with what was right before an election.</summary>
    IAdminClient Client() => new AdminClientBuilder(new Dictionary<string, string> { ["bootstrap.servers"] = Servers })
        .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
}
