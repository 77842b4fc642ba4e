using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Streams;
using FraudStreams.Alerting;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Kafka;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Evaluation;
using FraudStreams.Model.Models.Trees;
using FraudStreams.Model.Schemas;
using FraudStreams.RateLimiting;
using FraudStreams.Simulation.Generation;
using FraudStreams.Sqlite;
using FraudStreams.Storage;
using FraudStreams.Storage.Postgres;
using FraudStreams.Storage.Sqlite;
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
    ConsoleSettings Console)
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
            ConsoleSettings.From(root.Section("console")));
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

/// <summary>A part of the program that can run in a process of its own.</summary>
public enum Role
{
    Simulate,
    Score,
    Alert,
    Store,
    Label,
}

public sealed record SpeedSettings(Rate Speed1, Rate Speed2, Rate Speed3)
{
    public static SpeedSettings From(SettingsSection section) =>
        new(Read(section, "speed_1"), Read(section, "speed_2"), Read(section, "speed_3"));

    static Rate Read(SettingsSection section, string key) => section.Parsed(key, Rate.Parse, Rate.Forms);
}

/// <summary>When a batch is closed: at <paramref name="Size"/> records, or <paramref name="Wait"/> after its first.</summary>
public sealed record BatchSettings(int Size, TimeSpan Wait)
{
    public static BatchSettings From(SettingsSection section) =>
        new(section.Int("size", 1, 100_000), section.Duration("wait", TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)));

    /// <summary>Chunks of records into batches.</summary>
    internal IGraph<FlowShape<IReadOnlyList<TopicRecord>, IReadOnlyList<TopicRecord>>, Akka.NotUsed> Flow() => new BatchChunks<TopicRecord>(Size, Wait);
}

/// <param name="Input">The CSV to replay; null generates payments.</param>
/// <param name="EventTimeFactor">Simulated seconds a second in event-time pace; null where speed_1 alone sets the pace.</param>
public sealed record SimulateSettings(string? Input, double? EventTimeFactor, int Seed, double FraudShare)
{
    public GeneratorSettings Generator => new() { Seed = Seed, FraudShare = FraudShare };

    public static SimulateSettings From(SettingsSection section) => new(
        section.Text("input") is { Length: > 0 } input ? input : null,
        section.Number("event-time-factor", 0, 1e9) is var factor && section.OneOf("pace", "speed_1", "event-time") == "event-time" ? factor : null,
        section.Int("seed", 0, int.MaxValue),
        FraudShareFrom(section));

    static double FraudShareFrom(SettingsSection section) =>
        section.Share("fraud-share") is < 0.5 and var share ? share : throw section.Senseless("fraud-share", "a share above 0 and below 0.5");
}

/// <param name="Partitions">Of `transactions` and `predictions`; the others have one.</param>
/// <param name="MaxRecordBytes">A longer record is rejected unread.</param>
public sealed record TopicSettings(
    int Partitions,
    Durability Durability,
    TimeSpan Poll,
    int ReadRecords,
    int ReadBytes,
    int MaxRecordBytes,
    RetentionSettings Retention,
    KafkaSettings? Kafka)
{
    /// <summary>What the model says, in a prediction.</summary>
    const int PredictionFrame = 4096;

    /// <summary>A number of 17 digits, in a prediction.</summary>
    const int FeatureBytes = 26;

    public static TopicSettings From(SettingsSection section)
    {
        var isKafka = section.OneOf("kind", "embedded", "kafka") == "kafka";
        var retention = section.Section("retention");
        return new TopicSettings(
            section.Int("partitions", 1, 1024),
            section.OneOf("sync", "full", "normal") == "full" ? Durability.Full : Durability.Normal,
            section.Duration("poll", TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(10)),
            section.Int("read-records", 1, 100_000),
            (int)section.Size("read-bytes", 1024, 1 << 30),
            (int)section.Size("max-record-bytes", 1024, 1 << 30),
            new RetentionSettings(retention.DurationOrInfinite("age", TimeSpan.FromSeconds(1)), retention.Size("size", 1 << 20, long.MaxValue)),
            isKafka ? KafkaSettings.From(section.Section("kafka")) : null);
    }

    /// <summary>The topics and how many partitions each has.</summary>
    public ImmutableSortedDictionary<string, int> PartitionsOfTopics => ImmutableSortedDictionary.CreateRange(
        [
            KeyValuePair.Create(TopicNames.Transactions, Partitions),
            KeyValuePair.Create(TopicNames.Predictions, Partitions),
            KeyValuePair.Create(TopicNames.Rejected, 1),
            KeyValuePair.Create(TopicNames.Alerts, 1),
            KeyValuePair.Create(TopicNames.Undelivered, 1),
            KeyValuePair.Create(TopicNames.Labels, 1),
        ]);

    /// <param name="features">How many values a prediction carries.</param>
    public TopicSettings Fitting(IMessageLog topics, int features) => this with
    {
        MaxRecordBytes = Math.Min(MaxRecordBytes, topics.LongestRecord(TopicNames.Predictions) - DeadLetters.LongestKey - PredictionFrame - features * FeatureBytes),
    };

    /// <summary>Opens what the settings say.</summary>
    /// <param name="dataDirectory">Where embedded topics are.</param>
    /// <param name="system">Whose streams read and write them.</param>
    /// <param name="time">The clock.</param>
    /// <param name="onStandby">Told each time that this process has to wait for a group.</param>
    /// <param name="sideTopic">One more topic, with the partitions of `transactions`.</param>
    public IMessageLog Open(string dataDirectory, ActorSystem system, TimeProvider time, Action<GroupStandby> onStandby, string? sideTopic = null)
    {
        var topics = sideTopic is null ? PartitionsOfTopics : PartitionsOfTopics.Add(sideTopic, Partitions);
        return Kafka is { } kafka
            ? KafkaMessageLog.Open(kafka, topics, system.Log)
            : EmbeddedMessageLog.Open(Embedded(dataDirectory) with { Partitions = topics }, time, onStandby);
    }

    /// <summary>Where topics end and groups stand, without opening anything; null where there are no topics.</summary>
    public MessageLogStatus? ReadStatus(string dataDirectory)
    {
        if (Kafka is null)
            return EmbeddedLog.ReadStatus(dataDirectory);
        using var admin = new KafkaAdmin(Kafka);
        return new KafkaStatus(Kafka, admin).ReadAsync(PartitionsOfTopics, CancellationToken.None).GetAwaiter().GetResult();
    }

    /// <summary>The embedded topics of a data folder.</summary>
    public EmbeddedLogSettings Embedded(string dataDirectory) =>
        new(dataDirectory, PartitionsOfTopics)
        {
            Durability = Durability,
            Retention = Retention,
            PollInterval = Poll,
            ChunkRecords = ReadRecords,
            ChunkBytes = ReadBytes,
        };
}

/// <param name="CarryFeatures">Whether predictions hold what the model was given.</param>
public sealed record ScoringSettings(int InFlight, TimeSpan AskTimeout, int FailuresBeforeFallback, bool CarryFeatures = false)
{
    public static ScoringSettings From(SettingsSection section) => new(
        section.Int("in-flight", 1, 64),
        section.Duration("ask-timeout", TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)),
        section.Int("failures-before-fallback", 1, 1000),
        section.OneOf("carry-features", "off", "on") == "on");
}

public sealed record ModelSettings(
    int Trees,
    double LearningRate,
    int Leaves,
    int MaxDepth,
    int EarlyStopping,
    double MinChildWeight,
    double MaxLeafStep,
    double SubsampleRows,
    double SubsampleColumns,
    double Validation,
    int Seed,
    ThresholdRule Threshold,
    int FirstRunPayments,
    int FirstRunMaxRows)
{
    /// <summary>For the library that trains.</summary>
    public BoostingSettings Boosting => new()
    {
        Trees = Trees,
        LearningRate = LearningRate,
        MaxLeaves = Leaves,
        MaxDepth = MaxDepth,
        EarlyStoppingRounds = EarlyStopping,
        MinChildWeight = MinChildWeight,
        MaxLeafStep = MaxLeafStep,
        SubsampleRows = SubsampleRows,
        SubsampleColumns = SubsampleColumns,
        Seed = (ulong)Seed,
    };

    public static ModelSettings From(SettingsSection section) => new(
        section.Int("trees", 1, 10_000),
        section.Number("learning-rate", 0, 1),
        section.Int("leaves", 2, 256),
        section.Int("max-depth", 1, 16),
        section.Int("early-stopping", 1, 10_000),
        section.Number("min-child-weight", -1e-9, 1e9),
        section.Number("max-leaf-step", -1e-9, 1e9),
        section.Number("subsample-rows", 0, 1),
        section.Number("subsample-columns", 0, 1),
        section.Share("validation"),
        section.Int("seed", 0, int.MaxValue),
        section.Parsed("threshold", ThresholdFrom, "\"alerts-per-day 50\", \"precision 0.9\" or \"cost 100 1\" (of a missed fraud, and of an alert)"),
        section.Section("first-run").Int("payments", 5_000, 10_000_000),
        section.Section("first-run").Int("max-rows", 1_000, 100_000_000));

    static ThresholdRule ThresholdFrom(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var numbers = words.Skip(1).Select(SettingsSection.ParseShare).ToArray();
        return (words.FirstOrDefault(), numbers) switch
        {
            ("alerts-per-day", [> 0 and var alerts]) => new ThresholdRule.AlertsADay(alerts),
            ("precision", [> 0 and <= 1 and var share]) => new ThresholdRule.Precision(share),
            ("cost", [> 0 and var missed, > 0 and var alert]) => new ThresholdRule.Cost(alert, missed),
            _ => throw new FormatException($"\"{text}\" is no rule for a threshold"),
        };
    }
}

/// <param name="Postgres">Null where the store is in the data folder.</param>
public sealed record StoreSettings(BatchSettings Batch, Durability Durability, PostgresStoreSettings? Postgres)
{
    /// <summary>A prediction is its transaction and little more.</summary>
    const int PredictionOverhead = 4096;

    public static StoreSettings From(SettingsSection section)
    {
        var postgres = PostgresStoreSettings.Read(section.Section("postgresql"), System.Environment.GetEnvironmentVariable);
        return new StoreSettings(
            BatchSettings.From(section.Section("batch")),
            section.OneOf("sync", "full", "normal") == "full" ? Durability.Full : Durability.Normal,
            section.OneOf("kind", "sqlite", "postgresql") == "postgresql" ? postgres : null);
    }

    /// <summary>The store that the settings choose.</summary>
    /// <exception cref="StoreException">As <see cref="PredictionStore"/>'s ways to open.</exception>
    public PredictionStore Open(string dataDirectory, TopicSettings topics, TransactionSchema schema, TimeProvider time) => Postgres is null
        ? PredictionStore.Open(Sqlite(dataDirectory, topics), schema, time)
        : PredictionStore.Open(Postgres with { Durability = Durability, LongestRecord = topics.MaxRecordBytes + PredictionOverhead }, schema, time);

    /// <summary>What that store holds; nothing where there is none, and then none is made.</summary>
    public StoreCounts ReadCounts(string dataDirectory) =>
        Postgres is null ? PredictionStore.ReadCounts(dataDirectory) : PredictionStore.ReadCounts(Postgres);

    /// <summary>The store of a data folder.</summary>
    public SqliteStoreSettings Sqlite(string dataDirectory, TopicSettings topics) =>
        new(dataDirectory) { Durability = Durability, LongestRecord = topics.MaxRecordBytes + PredictionOverhead };
}

/// <summary>The pause before a failed branch starts again: doubles from <paramref name="Min"/> to <paramref name="Max"/>.</summary>
public sealed record BackoffSettings(TimeSpan Min, TimeSpan Max, double RandomFactor)
{
    public static BackoffSettings From(SettingsSection section)
    {
        var min = section.Duration("min-backoff", TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        return new BackoffSettings(min, section.Duration("max-backoff", min, TimeSpan.FromHours(24)), section.Number("random-factor", -1e-9, 1));
    }

    /// <summary>The pauses grow until a branch has held for longer than the longest of them, however long each try takes to fail.</summary>
    public RestartSettings ToRestartSettings() => RestartSettings.Create(Min, Max, RandomFactor).WithMaxRestarts(int.MaxValue, Max);
}

/// <param name="Live">Whether the live table is shown; null leaves it to whether a terminal is there.</param>
public sealed record ConsoleSettings(bool? Live, TimeSpan LogEvery)
{
    public static ConsoleSettings From(SettingsSection section) => new(
        section.OneOf("live", "auto", "on", "off") switch { "on" => true, "off" => false, _ => null },
        section.Duration("log-every", TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)));
}
