using Confluent.Kafka;
using Confluent.Kafka.Admin;
using FraudStreams.Diagnostics;
using FraudStreams.Topics;
using KafkaPartition = Confluent.Kafka.TopicPartition;

namespace FraudStreams.Messaging.Kafka;

/// <summary>Where a partition begins and ends.</summary>
/// <param name="First">The offset of the first record that is kept.</param>
/// <param name="End">The offset that the next record will have; before a transaction that is open, its first record's.</param>
readonly record struct WatermarkOffsets(long First, long End);

/// <summary>
/// What the brokers say of topics and groups. Each question finds the leader or coordinator anew and is asked again within the settings' time while a
/// broker says that it may be.
/// </summary>
sealed class KafkaAdmin : IDisposable
{
    /// <summary>What a record takes on its way beside its key and value: the batch that it may be alone in, and headers.</summary>
    public const int RecordFrame = 512;

    /// <summary>max.message.bytes of a topic that nobody has set up otherwise, and what the client allows by itself, whichever is less.</summary>
    const int UsualLongest = 1_000_000;

    readonly LastClientError _fault = new();
    readonly KafkaSettings _settings;
    readonly KafkaClients _clients;

    public KafkaAdmin(KafkaSettings settings) => (_settings, _clients) = (settings, new KafkaClients(settings, _fault));

    /// <exception cref="MessageLogException">There was no answer in time, or a broker refused.</exception>
    public Task<WatermarkOffsets[]> BoundsAsync(IReadOnlyList<KafkaPartition> partitions, CancellationToken ct) => AskAsync(
        "Where the topics begin and end", async (clients, left) =>
        {
            var first = OffsetsAsync(clients.Admin, partitions, OffsetSpec.Earliest(), left);
            var end = OffsetsAsync(clients.Admin, partitions, OffsetSpec.Latest(), left);
            var (firsts, ends) = (await first, await end);
            return partitions.Select(partition => new WatermarkOffsets(firsts[partition], ends[partition])).ToArray();
        },
        ct);

    /// <summary>The group's position on each partition, in their order; -1 where it never committed.</summary>
    /// <remarks>
    /// Asked by a consumer with the group's name that joins nothing. The admin client's own question (ListConsumerGroupOffsets) takes the process down
    /// where the coordinator is still loading: librdkafka 2.16 then hands the group's consumer, of which there is none, an order.
    /// </remarks>
    /// <exception cref="MessageLogException">There was no answer in time, or a broker refused.</exception>
    public Task<long[]> PositionsAsync(string group, IReadOnlyList<KafkaPartition> partitions, CancellationToken ct) => AskAsync(
        $"Where group {group} stands", async (clients, left) =>
        {
            var answer = await BlockingCall.RunAsync(() => clients.ObserverOf(group).Committed(partitions, left), ct);
            var positions = answer.ToDictionary(at => at.TopicPartition, at => at.Offset.Value);
            return partitions.Select(partition => Math.Max(-1, positions[partition])).ToArray();
        },
        ct);

    /// <summary>How many partitions each topic of the cluster has.</summary>
    /// <exception cref="MessageLogException">No broker answered in time.</exception>
    public Task<Dictionary<string, int>> PartitionsAsync(CancellationToken ct) => AskAsync(
        null, (clients, left) => BlockingCall.RunAsync(() => clients.Admin.GetMetadata(left).Topics.Where(topic => topic.Partitions.Count > 0).ToDictionary(topic => topic.Topic, topic => topic.Partitions.Count), ct),
        ct);

    /// <summary>The most bytes that key and value of one record may have together, of each topic, named without the prefix.</summary>
    /// <exception cref="MessageLogException">There was no answer in time.</exception>
    public Task<Dictionary<string, int>> LongestRecordsAsync(IEnumerable<string> topics, CancellationToken ct) => AskAsync(
        "How long records may be", async (clients, left) =>
        {
            var most = topics.ToDictionary(topic => topic, _ => UsualLongest - RecordFrame);
            try
            {
                var answer = await clients.Admin.DescribeConfigsAsync(
                    most.Keys.Select(topic => new ConfigResource { Type = ResourceType.Topic, Name = _settings.Prefix + topic }), new DescribeConfigsOptions { RequestTimeout = left });
                foreach (var topic in answer)
                    most[topic.ConfigResource.Name[_settings.Prefix.Length..]] = int.Parse(topic.Entries["max.message.bytes"].Value) - RecordFrame;
            }
            catch (DescribeConfigsException e) when (e.Results.Any(topic => topic.Error.Code is ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed))
            {
                // Who may not ask takes what a broker allows that nobody has set up otherwise.
            }

            return most;
        },
        ct);

    /// <exception cref="MessageLogException">A topic cannot be made; one that is there already is none of these.</exception>
    public Task CreateAsync(IReadOnlyCollection<TopicSpecification> topics, CancellationToken ct) => AskAsync(
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
                        $"Topic {refused.Topic} is missing at {_settings.BootstrapServers} and cannot be made ({refused.Error.Reason}): make it, with the partitions that fraudstreams.topics.partitions says", e);
                }
            }

            return true;
        },
        ct);

    public void Dispose() => _clients.Dispose();

    static async Task<Dictionary<KafkaPartition, long>> OffsetsAsync(IAdminClient client, IReadOnlyList<KafkaPartition> partitions, OffsetSpec spec, TimeSpan timeout)
    {
        var answer = await client.ListOffsetsAsync(
            partitions.Select(partition => new TopicPartitionOffsetSpec { TopicPartition = partition, OffsetSpec = spec }),
            new ListOffsetsOptions { RequestTimeout = timeout, IsolationLevel = IsolationLevel.ReadCommitted });
        return answer.ResultInfos.ToDictionary(info => info.TopicPartitionOffsetError.TopicPartition, info => info.TopicPartitionOffsetError.Offset.Value);
    }

    async Task<T> AskAsync<T>(string? question, Func<KafkaClients.Set, TimeSpan, Task<T>> ask, CancellationToken ct)
    {
        try
        {
            return await BrokerErrors.RetryAsync(left => AskOnceAsync(ask, left), _settings.Timeout, ct);
        }
        catch (KafkaException e)
        {
            var reason = _fault.Explain(BrokerErrors.FirstOf(e));
            throw new MessageLogException(
                question is null
                    ? $"No Kafka broker at {_settings.BootstrapServers} answers within {_settings.Timeout.TotalSeconds:0.#} s: {reason}"
                    : $"{question} cannot be told by {_settings.BootstrapServers} within {_settings.Timeout.TotalSeconds:0.#} s: {reason}",
                e);
        }
    }

    async Task<T> AskOnceAsync<T>(Func<KafkaClients.Set, TimeSpan, Task<T>> ask, TimeSpan left)
    {
        var clients = _clients.Take();
        var isStale = true;
        try
        {
            var answer = await ask(clients, left);
            isStale = false;
            return answer;
        }
        finally
        {
            _clients.GiveBack(clients, isStale);
        }
    }
}
