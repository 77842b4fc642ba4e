using System.Collections.Immutable;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using FraudStreams.Diagnostics;
using KafkaPartition = Confluent.Kafka.TopicPartition;

namespace FraudStreams.Messaging.Kafka;

/// <summary>A partition's first and end offset.</summary>
/// <param name="First">The offset of the first retained record.</param>
/// <param name="End">The offset that the next record will have; while a transaction is open, the offset of its first record.</param>
readonly record struct WatermarkOffsets(long First, long End);

/// <summary>
/// Queries of topics and groups. Each query looks up the leader or coordinator anew, and is retried on transient broker errors until the timeout of the
/// settings.
/// </summary>
sealed class KafkaAdmin : IDisposable
{
    /// <summary>Bytes that a record takes beside its key and value: the batch that it may be alone in, and headers.</summary>
    public const int RecordFrame = 512;

    /// <summary>The default max.message.bytes of a topic, and the client's own default limit, whichever is less.</summary>
    const int DefaultLongest = 1_000_000;

    readonly LastClientError _fault = new();
    readonly KafkaSettings _settings;
    readonly KafkaClients _clients;

    public KafkaAdmin(KafkaSettings settings) => (_settings, _clients) = (settings, new KafkaClients(settings, _fault));

    /// <exception cref="MessageLogException">There was no answer in time, or a broker refused.</exception>
    public Task<WatermarkOffsets[]> BoundsAsync(IReadOnlyList<KafkaPartition> partitions, CancellationToken cancellationToken) => QueryAsync(
        "The first and end offsets of the topics", async (clients, left) =>
        {
            var first = OffsetsAsync(clients.Admin, partitions, OffsetSpec.Earliest(), left);
            var end = OffsetsAsync(clients.Admin, partitions, OffsetSpec.Latest(), left);
            var (firsts, ends) = (await first, await end);
            return partitions.Select(partition => new WatermarkOffsets(firsts[partition], ends[partition])).ToArray();
        },
        cancellationToken);

    /// <summary>The group's committed offset on each partition, in their order; -1 where it never committed.</summary>
    /// <remarks>
    /// Queried through a consumer with the group's id that does not join it. The admin client's own query (ListConsumerGroupOffsets) crashes the process
    /// while the coordinator is still loading: librdkafka 2.16 then addresses the group's consumer, of which there is none.
    /// </remarks>
    /// <exception cref="MessageLogException">There was no answer in time, or a broker refused.</exception>
    public Task<long[]> PositionsAsync(string group, IReadOnlyList<KafkaPartition> partitions, CancellationToken cancellationToken) => QueryAsync(
        $"The committed offsets of group {group}", async (clients, left) =>
        {
            var answer = await BlockingCall.RunAsync(() => clients.ObserverOf(group).Committed(partitions, left), cancellationToken);
            var positions = answer.ToDictionary(at => at.TopicPartition, at => at.Offset.Value);
            return partitions.Select(partition => Math.Max(-1, positions[partition])).ToArray();
        },
        cancellationToken);

    /// <summary>The members of a group that say where they answer, by the partitions of the topic that they are assigned.</summary>
    /// <exception cref="MessageLogException">There was no answer in time, or a broker refused.</exception>
    public Task<ImmutableDictionary<int, PartitionOwner>> OwnersAsync(string topic, string group, CancellationToken cancellationToken) => QueryAsync(
        $"The members of group {group}", async (clients, left) =>
        {
            var answer = await clients.Admin.DescribeConsumerGroupsAsync([_settings.Prefix + group], new DescribeConsumerGroupsOptions { RequestTimeout = left });
            return (from member in answer.ConsumerGroupDescriptions[0].Members
                    let owner = MemberAddress.Of(member.ClientId)
                    where owner is not null
                    from partition in member.Assignment.TopicPartitions
                    where partition.Topic == _settings.Prefix + topic
                    select KeyValuePair.Create(partition.Partition.Value, owner)).ToImmutableDictionary();
        },
        cancellationToken);

    /// <summary>The machines on which members of a group run now.</summary>
    /// <exception cref="MessageLogException">There was no answer in time, or a broker refused.</exception>
    public Task<ImmutableArray<string>> MembersAsync(string group, CancellationToken cancellationToken) => QueryAsync<ImmutableArray<string>>(
        $"The members of group {group}", async (clients, left) =>
        {
            try
            {
                var answer = await clients.Admin.DescribeConsumerGroupsAsync([_settings.Prefix + group], new DescribeConsumerGroupsOptions { RequestTimeout = left });
                return [.. answer.ConsumerGroupDescriptions[0].Members.Select(member => member.Host).Distinct()];
            }
            catch (DescribeConsumerGroupsException e) when (e.Results.ConsumerGroupDescriptions.All(found => found.Error.Code == ErrorCode.GroupIdNotFound))
            {
                return [];
            }
        },
        cancellationToken);

    /// <summary>The partition count of each topic of the cluster.</summary>
    /// <exception cref="MessageLogException">No broker answered in time.</exception>
    public Task<Dictionary<string, int>> PartitionsAsync(CancellationToken cancellationToken) => QueryAsync(
        null,
        (clients, left) => BlockingCall.RunAsync(
            () => clients.Admin.GetMetadata(left).Topics
                .Where(topic => topic.Partitions.Count > 0).ToDictionary(topic => topic.Topic, topic => topic.Partitions.Count),
            cancellationToken),
        cancellationToken);

    /// <summary>The maximum size of one record, key and value together, in bytes, by topic, named without the prefix.</summary>
    /// <exception cref="MessageLogException">There was no answer in time.</exception>
    public Task<Dictionary<string, int>> LongestRecordsAsync(IEnumerable<string> topics, CancellationToken cancellationToken) => QueryAsync(
        "The maximum record sizes of the topics", async (clients, left) =>
        {
            var most = topics.ToDictionary(topic => topic, _ => DefaultLongest - RecordFrame);
            try
            {
                var answer = await clients.Admin.DescribeConfigsAsync(
                    most.Keys.Select(topic => new ConfigResource { Type = ResourceType.Topic, Name = _settings.Prefix + topic }), new DescribeConfigsOptions { RequestTimeout = left });
                foreach (var topic in answer)
                    most[topic.ConfigResource.Name[_settings.Prefix.Length..]] = int.Parse(topic.Entries["max.message.bytes"].Value) - RecordFrame;
            }
            catch (DescribeConfigsException e) when (e.Results.Any(topic => topic.Error.Code is ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed))
            {
                // Without permission to describe the topics, the broker's default is assumed.
            }

            return most;
        },
        cancellationToken);

    /// <exception cref="MessageLogException">A topic cannot be created; a topic that exists already is no error.</exception>
    public Task CreateAsync(IReadOnlyCollection<TopicSpecification> topics, CancellationToken cancellationToken) => QueryAsync(
        null, async (clients, left) =>
        {
            try
            {
                await clients.Admin.CreateTopicsAsync(topics, new CreateTopicsOptions { RequestTimeout = left, OperationTimeout = left });
            }
            catch (CreateTopicsException e)
            {
                var refused = e.Results.FirstOrDefault(result => result.Error.IsError && result.Error.Code != ErrorCode.TopicAlreadyExists);
                if (refused is not null && BrokerErrors.IsTransient(refused.Error.Code))
                    throw new KafkaException(refused.Error, e);
                if (refused is not null)
                {
                    throw new MessageLogException(
                        $"Topic {refused.Topic} is missing at {_settings.BootstrapServers} and cannot be created ({refused.Error.Reason}): "
                        + "create it with the partition count of fraudstreams.topics.partitions",
                        e);
                }
            }

            return true;
        },
        cancellationToken);

    public void Dispose() => _clients.Dispose();

    static async Task<Dictionary<KafkaPartition, long>> OffsetsAsync(IAdminClient client, IReadOnlyList<KafkaPartition> partitions, OffsetSpec spec, TimeSpan timeout)
    {
        var answer = await client.ListOffsetsAsync(
            partitions.Select(partition => new TopicPartitionOffsetSpec { TopicPartition = partition, OffsetSpec = spec }),
            new ListOffsetsOptions { RequestTimeout = timeout, IsolationLevel = IsolationLevel.ReadCommitted });
        var offsets = answer.ResultInfos.ToDictionary(info => info.TopicPartitionOffsetError.TopicPartition, info => info.TopicPartitionOffsetError.Offset.Value);

        // While brokers are away an answer may leave an offset out, without an error: read as a number it would say that nothing is left to consume.
        return offsets.Values.All(offset => offset >= 0)
            ? offsets
            : throw new KafkaException(new Error(ErrorCode.OffsetNotAvailable, "the leader of a partition does not say where it ends"));
    }

    async Task<T> QueryAsync<T>(string? query, Func<KafkaClients.Set, TimeSpan, Task<T>> run, CancellationToken cancellationToken)
    {
        try
        {
            return await BrokerErrors.RetryAsync(left => QueryOnceAsync(run, left), _settings.Timeout, cancellationToken);
        }
        catch (KafkaException e)
        {
            var reason = _fault.Explain(BrokerErrors.FirstOf(e));
            throw new MessageLogException(
                query is null
                    ? $"No Kafka broker at {_settings.BootstrapServers} answers within {_settings.Timeout.TotalSeconds:0.#} s: {reason}"
                    : $"{query} cannot be read from {_settings.BootstrapServers} within {_settings.Timeout.TotalSeconds:0.#} s: {reason}",
                e);
        }
    }

    async Task<T> QueryOnceAsync<T>(Func<KafkaClients.Set, TimeSpan, Task<T>> run, TimeSpan left)
    {
        var clients = _clients.Rent();
        var isStale = true;
        try
        {
            var answer = await run(clients, left);
            isStale = false;
            return answer;
        }
        finally
        {
            _clients.Return(clients, isStale);
        }
    }
}
