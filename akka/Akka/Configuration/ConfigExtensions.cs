using System.Diagnostics.CodeAnalysis;

namespace Akka.Configuration;

public static class ConfigExtensions
{
    public static Config? SafeWithFallback(this Config? config, Config? fallback) =>
        config == null ? fallback : ReferenceEquals(config, fallback) ? config : config.WithFallback(fallback);

    public static bool IsNullOrEmpty([NotNullWhen(false)] this Config? config) => config == null || config.IsEmpty;
}
