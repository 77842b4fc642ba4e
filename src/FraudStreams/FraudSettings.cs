using System.Collections.Immutable;
using Akka.Configuration;
using FraudStreams.Alerting;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.RateLimiting;
using FraudStreams.Scoring;
using FraudStreams.Simulation;
using FraudStreams.Storage;
using FraudStreams.Topics;
using FraudStreams.WindowStates;

namespace FraudStreams;

/// <summary>
/// Every setting of the program, read once at start. Whatever is missing, unknown or senseless stops it there, with its path, its value
/// and what would be right; hocon/fraudstreams.conf gives each key's unit and reason.
/// </summary>
public sealed record FraudSettings(
    ImmutableHashSet<Role> Roles,
    string Schema,
    string DataDirectory,
    SpeedSettings Speeds,
    BatchSettings Batch,
    SimulateSettings Simulate,
    TopicSettings Topics,
    ScoringSettings Scoring,
    WindowStateSettings Memory,
    ModelSettings Model,
    StoreSettings Store,
    AlertSettings Alerts,
    BackoffSettings Restart,
    TimeSpan DrainTimeout,
    ConsoleSettings Console,
    LogSettings Log)
{
    public static FraudSettings From(Config config)
    {
        var root = new SettingsSection(config, "fraudstreams");
        return new FraudSettings(
            RolesFrom(root),
            root.Text("schema"),
            NotEmpty(root, "data"),
            SpeedSettings.From(root.Section("speeds")),
            BatchSettings.From(root.Section("batch")),
            SimulateSettings.From(root.Section("simulate")),
            TopicSettings.From(root.Section("topics")),
            ScoringSettings.From(root.Section("scoring")),
            WindowStateSettings.From(root.Section("memory")),
            ModelSettings.From(root.Section("model")),
            StoreSettings.From(root.Section("store")),
            AlertSettings.From(root.Section("alerts"), root.Section("store").Section("postgresql")),
            BackoffSettings.From(root.Section("restart")),
            root.Section("stop").Duration("drain-timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)),
            ConsoleSettings.From(root.Section("console")),
            LogSettings.From(root.Section("log")));
    }

    /// <summary>The settings with a longest payment of which the prediction, too, can be published.</summary>
    public FraudSettings Fitting(IMessageLog topics, TransactionSchema schema) => this with { Topics = Topics.Fitting(topics, schema.Features.Length) };

    static ImmutableHashSet<Role> RolesFrom(SettingsSection root)
    {
        var names = string.Join(", ", Enum.GetNames<Role>()).ToLowerInvariant();
        var roles = root.Texts("roles").Select(name =>
            Enum.TryParse<Role>(name, ignoreCase: true, out var role) && !char.IsDigit(name[0])
                ? role
                : throw SettingsException.Senseless(root.PathOf("roles"), name, $"a list of some of {names}"));
        var set = roles.ToImmutableHashSet();
        return set.IsEmpty ? throw SettingsException.Senseless(root.PathOf("roles"), "[]", $"a list of some of {names}") : set;
    }

    static string NotEmpty(SettingsSection section, string key) =>
        section.Text(key) is { Length: > 0 } text ? text : throw section.Senseless(key, "a folder");
}
