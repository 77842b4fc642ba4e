using FraudStreams.Configuration;

namespace FraudStreams.Tests.Configuration;

/// <summary>Settings without a file or an environment: the program's defaults, and over them what a test sets.</summary>
static class SettingsOf
{
    public static ConfigLayers Layers(params string[] set) =>
        new(set: set, environment: new Dictionary<string, string>(), directory: Path.GetTempPath());

    public static FraudSettings Set(params string[] set) => FraudSettings.From(Layers(set).Load());
}
