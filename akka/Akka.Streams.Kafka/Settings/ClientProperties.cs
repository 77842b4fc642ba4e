using System.Collections.Immutable;
using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace Akka.Streams.Kafka.Settings;

/// <summary>The section `kafka-clients`: a key may be written with dots or as nested objects, both name the same property.</summary>
internal static class ClientProperties
{
    public static IImmutableDictionary<string, string> Of(Config config)
    {
        var properties = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (config.GetValue("kafka-clients") is { } section)
            Collect(section, "", properties);
        return properties.ToImmutable();
    }

    static void Collect(HoconValue value, string path, ImmutableDictionary<string, string>.Builder properties)
    {
        if (!value.IsObject())
        {
            properties[path] = value.GetString() ?? "";
            return;
        }

        foreach (var (key, inner) in value.GetObject()!.Items)
            Collect(inner, path.Length == 0 ? key : $"{path}.{key}", properties);
    }
}
