using System.Collections.Immutable;
using Akka.Actor;
using Confluent.Kafka;
using Config = Akka.Configuration.Config;

namespace Akka.Streams.Kafka.Settings;

/// <summary>How a consumer of a group is made. Immutable.</summary>
public sealed class ConsumerSettings<TKey, TValue>
{
    ConsumerSettings(
        IDeserializer<TKey>? keyDeserializer, IDeserializer<TValue>? valueDeserializer, Config config, IImmutableDictionary<string, string> properties)
    {
        KeyDeserializer = keyDeserializer;
        ValueDeserializer = valueDeserializer;
        BufferSize = config.GetInt("buffer-size");
        PollTimeout = config.GetTimeSpan("poll-timeout");
        StopTimeout = config.GetTimeSpan("stop-timeout");
        WaitClosePartition = config.GetTimeSpan("wait-close-partition");
        Properties = properties;
    }

    ConsumerSettings(ConsumerSettings<TKey, TValue> other, IImmutableDictionary<string, string> properties)
    {
        KeyDeserializer = other.KeyDeserializer;
        ValueDeserializer = other.ValueDeserializer;
        BufferSize = other.BufferSize;
        PollTimeout = other.PollTimeout;
        StopTimeout = other.StopTimeout;
        WaitClosePartition = other.WaitClosePartition;
        Properties = properties;
    }

    public IDeserializer<TKey>? KeyDeserializer { get; }

    public IDeserializer<TValue>? ValueDeserializer { get; }

    public int BufferSize { get; }

    public TimeSpan PollTimeout { get; }

    public TimeSpan StopTimeout { get; }

    public TimeSpan WaitClosePartition { get; }

    public IImmutableDictionary<string, string> Properties { get; }

    public string GroupId => GetProperty("group.id");

    public static ConsumerSettings<TKey, TValue> Create(
        ActorSystem system, IDeserializer<TKey>? keyDeserializer, IDeserializer<TValue>? valueDeserializer)
    {
        system.Settings.InjectTopLevelFallback(KafkaExtensions.DefaultSettings);
        return Create(system.Settings.Config.GetConfig("akka.kafka.consumer")!, keyDeserializer, valueDeserializer);
    }

    public static ConsumerSettings<TKey, TValue> Create(
        Config config, IDeserializer<TKey>? keyDeserializer, IDeserializer<TValue>? valueDeserializer) =>
        new(keyDeserializer, valueDeserializer, config, ClientProperties.Of(config));

    public string GetProperty(string key) => Properties.GetValueOrDefault(key) ?? "";

    public ConsumerSettings<TKey, TValue> WithBootstrapServers(string bootstrapServers) => WithProperty("bootstrap.servers", bootstrapServers);

    public ConsumerSettings<TKey, TValue> WithGroupId(string groupId) => WithProperty("group.id", groupId);

    public ConsumerSettings<TKey, TValue> WithProperty(string key, string value) => new(this, Properties.SetItem(key, value));

    public ConsumerSettings<TKey, TValue> WithProperties(IEnumerable<KeyValuePair<string, string>> properties) => new(this, Properties.SetItems(properties));
}
