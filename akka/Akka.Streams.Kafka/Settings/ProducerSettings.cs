using System.Collections.Immutable;
using Akka.Actor;
using Confluent.Kafka;
using Config = Akka.Configuration.Config;

namespace Akka.Streams.Kafka.Settings;

/// <summary>How a producer is made. Immutable.</summary>
public sealed class ProducerSettings<TKey, TValue>
{
    ProducerSettings(
        ISerializer<TKey>? keySerializer, ISerializer<TValue>? valueSerializer, TimeSpan flushTimeout, IImmutableDictionary<string, string> properties)
    {
        KeySerializer = keySerializer;
        ValueSerializer = valueSerializer;
        FlushTimeout = flushTimeout;
        Properties = properties;
    }

    public ISerializer<TKey>? KeySerializer { get; }

    public ISerializer<TValue>? ValueSerializer { get; }

    public TimeSpan FlushTimeout { get; }

    public IImmutableDictionary<string, string> Properties { get; }

    public static ProducerSettings<TKey, TValue> Create(ActorSystem system, ISerializer<TKey>? keySerializer, ISerializer<TValue>? valueSerializer)
    {
        system.Settings.InjectTopLevelFallback(KafkaExtensions.DefaultSettings);
        return Create(system.Settings.Config.GetConfig("akka.kafka.producer")!, keySerializer, valueSerializer);
    }

    public static ProducerSettings<TKey, TValue> Create(Config config, ISerializer<TKey>? keySerializer, ISerializer<TValue>? valueSerializer) =>
        new(keySerializer, valueSerializer, config.GetTimeSpan("flush-timeout"), ClientProperties.Of(config));

    public ProducerSettings<TKey, TValue> WithBootstrapServers(string bootstrapServers) => WithProperty("bootstrap.servers", bootstrapServers);

    public ProducerSettings<TKey, TValue> WithProperty(string key, string value) => With(Properties.SetItem(key, value));

    public ProducerSettings<TKey, TValue> WithProperties(IEnumerable<KeyValuePair<string, string>> properties) => With(Properties.SetItems(properties));

    public IProducer<TKey, TValue> CreateKafkaProducer(Action<IProducer<TKey, TValue>, Error>? producerErrorHandler = null)
    {
        var builder = new ProducerBuilder<TKey, TValue>(Properties);
        if (KeySerializer is not null) builder.SetKeySerializer(KeySerializer);
        if (ValueSerializer is not null) builder.SetValueSerializer(ValueSerializer);
        if (producerErrorHandler is not null) builder.SetErrorHandler(producerErrorHandler);
        return builder.SetLogHandler((_, _) => { }).Build();
    }

    ProducerSettings<TKey, TValue> With(IImmutableDictionary<string, string> properties) => new(KeySerializer, ValueSerializer, FlushTimeout, properties);
}
