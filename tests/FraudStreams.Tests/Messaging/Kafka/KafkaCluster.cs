using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace FraudStreams.Tests.Messaging.Kafka;

/// <summary>
/// Three brokers, which are their own controllers, in a temporary folder; removed with this object. Every topic has a replica on each, and a write is
/// acknowledged by two: with one broker down everything goes on, with two down writes wait.
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

    /// <summary>A controlled shutdown: the node hands its partitions and groups over to the others and ends.</summary>
    /// <param name="node">From 1.</param>
    public Task StopAsync(int node) => _nodes[node - 1].StopAsync();

    /// <summary>As kill -9.</summary>
    /// <param name="node">From 1.</param>
    public Task KillAsync(int node) => _nodes[node - 1].KillAsync();

    /// <summary>Waits until every broker is up and in sync. Before that, stopping another one would take the second replica of acknowledged records.</summary>
    public Task WholeAsync() => Eventually.TrueAsync(
        async () => await TryAskAsync(client => Task.FromResult(client.GetMetadata(Question))) is { } cluster && cluster.Brokers.Count == Nodes
            && cluster.Topics.SelectMany(topic => topic.Partitions).All(partition => partition.InSyncReplicas.Length == partition.Replicas.Length),
        "all brokers with all copies", limitSeconds: 60, everyMilliseconds: 200);

    /// <summary>Elects the preferred leaders: a restarted broker leads nothing, so stopping it again would have no effect.</summary>
    public Task SpreadAsync() => AskAsync<object>(async client =>
    {
        try
        {
            return await client.ElectLeadersAsync(ElectionType.Preferred, null, new ElectLeadersOptions { RequestTimeout = Question });
        }
        catch (ElectLeadersException e) when (e.Results.TopicPartitions.All(partition => !partition.Error.IsError || partition.Error.Code == ErrorCode.ElectionNotNeeded))
        {
            return e.Results;
        }
    });

    /// <summary>The node that coordinates a group.</summary>
    public async Task<int> CoordinatorAsync(string group)
    {
        var answer = await AskAsync(client => client.DescribeConsumerGroupsAsync([group], new DescribeConsumerGroupsOptions { RequestTimeout = Question }));
        return answer.ConsumerGroupDescriptions.Single().Coordinator.Id;
    }

    /// <summary>The partitions of a topic that a node leads.</summary>
    public async Task<IReadOnlyList<TopicPartition>> LedByAsync(int node, string topic)
    {
        var answer = await AskAsync(client => Task.FromResult(client.GetMetadata(topic, Question)));
        return [.. answer.Topics.Single().Partitions.Where(partition => partition.Leader == node).Select(partition => new TopicPartition(topic, partition.PartitionId))];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        _folder.Dispose();
    }

    async Task SetUpAndStartAsync(KafkaNode node)
    {
        await node.SetUpAsync(_nodes, [$"listeners=PLAINTEXT://127.0.0.1:{node.Port}", $"advertised.listeners=PLAINTEXT://127.0.0.1:{node.Port}", $"default.replication.factor={Nodes}"]);
        await node.StartAsync();
    }

    /// <summary>Retries while the brokers elect their leaders and coordinators.</summary>
    async Task<T> AskAsync<T>(Func<IAdminClient, Task<T>> question) where T : class
    {
        T? answer = null;
        await Eventually.TrueAsync(async () => (answer = await TryAskAsync(question)) is not null, "an answer of the brokers", everyMilliseconds: 200);
        return answer!;
    }

    /// <summary>Null while no broker can answer. A new client for each query, so that none uses metadata from before an election.</summary>
    async Task<T?> TryAskAsync<T>(Func<IAdminClient, Task<T>> question) where T : class
    {
        try
        {
            using var client = new AdminClientBuilder(new Dictionary<string, string> { ["bootstrap.servers"] = Servers })
                .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
            return await question(client);
        }
        catch (KafkaException)
        {
            return null;
        }
    }
}
