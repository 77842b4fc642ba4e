using System.Collections.Immutable;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace FraudStreams.Topics.Kafka;

/// <summary>Makes topics at the start, and checks those that are there.</summary>
/// <remarks>
/// The broker's clock dates the records: with the producers' own times a broker refuses what is dated more than an hour ahead of it
/// (message.timestamp.after.max.ms), and a host with a wrong clock would stand still.
/// </remarks>
sealed class KafkaTopicMaker(KafkaSettings settings)
{
    readonly ClientFault _fault = new();

    /// <param name="configuration">What a topic that is made is told, beside the broker's own settings.</param>
    public void Make(ImmutableSortedDictionary<string, int> partitions, Dictionary<string, string>? configuration = null)
    {
        using var admin = new AdminClientBuilder(settings.Properties).SetLogHandler((_, _) => { }).SetErrorHandler((_, error) => _fault.Note(error)).Build();
        var found = Found(admin);
        var missing = partitions.Where(topic => !found.ContainsKey(settings.Prefix + topic.Key)).ToList();
        if (missing.Count > 0)
        {
            Create(admin, missing, configuration);
            found = Found(admin);
        }

        foreach (var (topic, wanted) in partitions)
        {
            if (found.TryGetValue(settings.Prefix + topic, out var actual) && actual != wanted)
            {
                throw new TopicsException(
                    $"Topic {settings.Prefix}{topic} at {settings.BootstrapServers} has {actual} partitions and {wanted} were expected (fraudstreams.topics.partitions of transactions and predictions, 1 of the others)");
            }
        }
    }

    Dictionary<string, int> Found(IAdminClient admin)
    {
        try
        {
            return admin.GetMetadata(settings.Timeout).Topics.Where(topic => !topic.Error.IsError).ToDictionary(topic => topic.Topic, topic => topic.Partitions.Count);
        }
        catch (KafkaException e)
        {
            throw new TopicsException($"No Kafka broker at {settings.BootstrapServers} answers within {settings.Timeout.TotalSeconds:0.#} s: {_fault.Explain(e)}", e);
        }
    }

    void Create(IAdminClient admin, List<KeyValuePair<string, int>> missing, Dictionary<string, string>? configuration)
    {
        var wanted = missing.Select(topic => new TopicSpecification
        {
            Name = settings.Prefix + topic.Key,
            NumPartitions = topic.Value,
            ReplicationFactor = settings.Replicas ?? -1,
            Configs = new Dictionary<string, string>(configuration ?? []) { ["message.timestamp.type"] = "LogAppendTime" },
        });
        try
        {
            admin.CreateTopicsAsync(wanted, new CreateTopicsOptions { RequestTimeout = settings.Timeout, OperationTimeout = settings.Timeout })
                .GetAwaiter().GetResult();
        }
        catch (CreateTopicsException e)
        {
            var refused = e.Results.FirstOrDefault(result => result.Error.IsError && result.Error.Code != ErrorCode.TopicAlreadyExists);
            if (refused is not null)
            {
                throw new TopicsException(
                    $"Topic {refused.Topic} is missing at {settings.BootstrapServers} and cannot be made ({refused.Error.Reason}): make it, with the partitions that fraudstreams.topics.partitions says", e);
            }
        }
        catch (KafkaException e)
        {
            throw new TopicsException($"The topics cannot be made at {settings.BootstrapServers}: {_fault.Explain(e)}", e);
        }
    }
}
