using Akka.Configuration;

namespace Akka.Streams.Kafka.Settings;

public static class KafkaExtensions
{
    /// <summary>The defaults of this package's sections.</summary>
    public static Config DefaultSettings { get; } = Load();

    static Config Load()
    {
        using var stream = typeof(KafkaExtensions).Assembly.GetManifestResourceStream("Akka.Streams.Kafka.reference.conf")!;
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd());
    }
}
