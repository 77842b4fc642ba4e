using System.Collections.Immutable;
using Akka.Configuration;
using FraudStreams.Alerting;
using FraudStreams.Candidates;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Privacy;
using FraudStreams.RateLimiting;
using FraudStreams.Scoring;
using FraudStreams.Simulation;
using FraudStreams.Storage;
using FraudStreams.Topics;
using FraudStreams.WindowStates;

namespace FraudStreams;

/// <summary>
/// Every setting of the program, read once at start. Whatever is missing, unknown or senseless stops it there, with its path, its value
/// and what would be right; reference.conf gives each key's unit and reason.
/// </summary>
public sealed record FraudSettings(
    ImmutableHashSet<Role> Roles,
    string Schema,
    string DataDirectory,
    SpeedSettings Speeds,
    BatchSettings Batch,
    InputSettings Input,
    SimulateSettings Simulate,
    TopicSettings Topics,
    ScoringSettings Scoring,
    WindowStateSettings Memory,
    ModelSettings Model,
    RegistrySettings Models,
    CandidateSettings Candidates,
    StoreSettings Store,
    AlertSettings Alerts,
    ApiSettings Api,
    PrivacySettings Privacy,
    BackoffSettings Restart,
    TimeSpan DrainTimeout,
    double TraceSample,
    ConsoleSettings Console,
    LogSettings Log)
{
    /// <exception cref="SettingsException">Settings are missing or senseless: all of them, a line each.</exception>
    public static FraudSettings From(Config config)
    {
        var problems = new List<string>();
        var root = new SettingsSection(config, "fraudstreams", problems);
        var settings = new FraudSettings(
            Of(() => RolesFrom(root)),
            root.Text("schema"),
            Of(() => root.FilledText("data", "a folder")),
            Of(() => SpeedSettings.From(root.Section("speeds"))),
            Of(() => BatchSettings.From(root.Section("batch"))),
            Of(() => InputSettings.From(root.Section("input"))),
            Of(() => SimulateSettings.From(root.Section("simulate"))),
            Of(() => TopicSettings.From(root.Section("topics"))),
            Of(() => ScoringSettings.From(root.Section("scoring"), root.Section("predictions"))),
            Of(() => WindowStateSettings.From(root.Section("memory"))),
            Of(() => ModelSettings.From(root.Section("model"))),
            Of(() => RegistrySettings.From(root.Section("models"))),
            Of(() => CandidateSettings.From(root.Section("models"))),
            Of(() => StoreSettings.From(root.Section("store"))),
            Of(() => AlertSettings.From(root.Section("alerts"), root.Section("store").Section("postgresql"))),
            Of(() => ApiSettings.From(root.Section("api"))),
            Of(() => PrivacySettings.From(root.Section("privacy"))),
            Of(() => BackoffSettings.From(root.Section("restart"), isRandom: true)),
            Of(() => root.Section("stop").Duration("drain-timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10))),
            Of(() => root.Section("traces").ShareOrAll("sample")),
            Of(() => ConsoleSettings.From(root.Section("console"))),
            Of(() => LogSettings.From(root.Section("log"))));
        return problems.Count == 0 ? settings : throw new SettingsException(string.Join('\n', problems));

        // A section stops at what only it can judge, such as two keys that do not go together; the sections after it are read all the same.
        T Of<T>(Func<T> read)
        {
            try
            {
                return read();
            }
            catch (SettingsException e)
            {
                problems.Add(e.Message);
                return default!;
            }
            catch (Exception) when (problems.Count > 0)
            {
                // Of what was refused already there is nothing to go on with.
                return default!;
            }
        }
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
}
