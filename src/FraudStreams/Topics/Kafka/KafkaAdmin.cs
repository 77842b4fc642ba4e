using Confluent.Kafka;
using Confluent.Kafka.Admin;
using KafkaPartition = Confluent.Kafka.TopicPartition;

namespace FraudStreams.Topics.Kafka;

/// <summary>Where a partition begins and ends.</summary>
/// <param name="First">The offset of the first record that is kept.</param>
/// <param name="End">The offset that the next record will have; before a transaction that is open, its first record's.</param>
readonly record struct PartitionBounds(long First, long End);

/// <summary>
/// What the brokers say of topics and groups. Each question finds the leader or coordinator anew and is asked again within the settings' time while a
/// broker says that it may be.
/// </summary>
sealed class KafkaAdmin(KafkaSettings settings) : IDisposable
{
    readonly ClientFault _fault = new();
    IAdminClient? _client;

    /// <summary>The client, made at the first question.</summary>
    IAdminClient Client
    {
        get
        {
            lock (_fault)
            {
                return _client ??= new AdminClientBuilder(settings.Properties)
                    .SetLogHandler((_, _) => { }).SetErrorHandler((_, error) => _fault.Note(error)).Build();
            }
        }
    }

    /// <exception cref="TopicsException">There was no answer in time, or a broker refused.</exception>
    public Task<PartitionBounds[]> BoundsAsync(IReadOnlyList<KafkaPartition> partitions, CancellationToken ct) => AskAsync(
        "Where the topics begin and end", async left =>
        {
            var first = OffsetsAsync(partitions, OffsetSpec.Earliest(), left);
            var end = OffsetsAsync(partitions, OffsetSpec.Latest(), left);
            var (firsts, ends) = (await first, await end);
            return partitions.Select(partition => new PartitionBounds(firsts[partition], ends[partition])).ToArray();
        },
        ct);

    /// <summary>The group's position on each partition, in their order; -1 where it never committed.</summary>
    /// <exception cref="TopicsException">There was no answer in time, or a broker refused.</exception>
    public Task<long[]> PositionsAsync(string group, IReadOnlyList<KafkaPartition> partitions, CancellationToken ct) => AskAsync(
        $"Where group {group} stands", async left =>
        {
            var answer = await Client.ListConsumerGroupOffsetsAsync(
                [new ConsumerGroupTopicPartitions(settings.Prefix + group, [.. partitions])], new ListConsumerGroupOffsetsOptions { RequestTimeout = left });
            var positions = answer[0].Partitions.ToDictionary(at => at.TopicPartition, at => at.Offset.Value);
            return partitions.Select(partition => Math.Max(-1, positions.GetValueOrDefault(partition, -1))).ToArray();
        },
        ct);

    /// <summary>How many partitions each topic of the cluster has.</summary>
    /// <exception cref="TopicsException">No broker answered in time.</exception>
    public Task<Dictionary<string, int>> PartitionsAsync(CancellationToken ct) => AskAsync(
        null, left => WaitingThread.RunAsync(() => Client.GetMetadata(left).Topics.Where(topic => topic.Partitions.Count > 0).ToDictionary(topic => topic.Topic, topic => topic.Partitions.Count), ct),
        ct);

    /// <summary>The most bytes that a topic's records may have, of those topics that say it.</summary>
    /// <exception cref="TopicsException">There was no answer in time.</exception>
    public Task<Dictionary<string, int>> LongestRecordsAsync(IEnumerable<string> topics, CancellationToken ct) => AskAsync(
        "How long records may be", async left =>
        {
            var answer = await Client.DescribeConfigsAsync(
                topics.Select(topic => new ConfigResource { Type = ResourceType.Topic, Name = topic }), new DescribeConfigsOptions { RequestTimeout = left });
            return answer.Where(topic => topic.Entries.ContainsKey("max.message.bytes"))
                .ToDictionary(topic => topic.ConfigResource.Name, topic => int.Parse(topic.Entries["max.message.bytes"].Value));
        },
        ct);

    /// <exception cref="TopicsException">A topic cannot be made; one that is there already is none of these.</exception>
    public Task CreateAsync(IReadOnlyCollection<TopicSpecification> topics, CancellationToken ct) => AskAsync(
        null, async left =>
        {
            try
            {
                await Client.CreateTopicsAsync(topics, new CreateTopicsOptions { RequestTimeout = left, OperationTimeout = left });
            }
            catch (CreateTopicsException e)
            {
                var refused = e.Results.FirstOrDefault(result => result.Error.IsError && result.Error.Code != ErrorCode.TopicAlreadyExists);
                if (refused is not null && BrokerErrors.IsTransient(refused.Error.Code))
                    throw new KafkaException(refused.Error, e);
                if (refused is not null)
                {
                    throw new TopicsException(
                        $"Topic {refused.Topic} is missing at {settings.BootstrapServers} and cannot be made ({refused.Error.Reason}): make it, with the partitions that fraudstreams.topics.partitions says", e);
                }
            }

            return true;
        },
        ct);

    public void Dispose()
    {
        lock (_fault)
            _client?.Dispose();
    }

    async Task<Dictionary<KafkaPartition, long>> OffsetsAsync(IReadOnlyList<KafkaPartition> partitions, OffsetSpec spec, TimeSpan timeout)
    {
        var answer = await Client.ListOffsetsAsync(
            partitions.Select(partition => new TopicPartitionOffsetSpec { TopicPartition = partition, OffsetSpec = spec }),
            new ListOffsetsOptions { RequestTimeout = timeout, IsolationLevel = IsolationLevel.ReadCommitted });
        return answer.ResultInfos.ToDictionary(info => info.TopicPartitionOffsetError.TopicPartition, info => info.TopicPartitionOffsetError.Offset.Value);
    }

    async Task<T> AskAsync<T>(string? question, Func<TimeSpan, Task<T>> ask, CancellationToken ct)
    {
        try
        {
            return await BrokerErrors.RetryAsync(ask, settings.Timeout, ct);
        }
        catch (KafkaException e)
        {
            throw new TopicsException(
                question is null
                    ? $"No Kafka broker at {settings.BootstrapServers} answers within {settings.Timeout.TotalSeconds:0.#} s: {_fault.Explain(e)}"
                    : $"{question} cannot be told by {settings.BootstrapServers} within {settings.Timeout.TotalSeconds:0.#} s: {_fault.Explain(e)}",
                e);
        }
    }
}
