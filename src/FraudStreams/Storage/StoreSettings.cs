using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Model.Schemas;
using FraudStreams.Sqlite;
using FraudStreams.Storage.Postgres;
using FraudStreams.Storage.Sqlite;
using FraudStreams.Topics;

namespace FraudStreams.Storage;

/// <param name="Postgres">Null if the store is in the data folder.</param>
public sealed record StoreSettings(BatchSettings Batch, Durability Durability, PostgresStoreSettings? Postgres)
{
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
        : PredictionStore.Open(Postgres with { Durability = Durability, LongestRecord = topics.MaxRecordBytes + TopicSettings.PredictionFrame }, schema, time);

    /// <summary>Reads that store for people, beside whoever writes it.</summary>
    public IPaymentReader OpenReader(string dataDirectory, TransactionSchema schema) =>
        Postgres is null ? new SqlitePaymentReader(new SqliteStoreSettings(dataDirectory), schema) : new PostgresPaymentReader(Postgres, schema);

    /// <summary>Whether there is a store to ask. One on PostgreSQL is there, or made where it is missing, as soon as its server answers.</summary>
    public bool Exists(string dataDirectory) => Postgres is not null || File.Exists(new SqliteStoreSettings(dataDirectory).File);

    /// <summary>The counts of that store; zero, and nothing is created, if there is none.</summary>
    public StoreCounts ReadCounts(string dataDirectory) =>
        Postgres is null ? PredictionStore.ReadCounts(dataDirectory) : PredictionStore.ReadCounts(Postgres);

    /// <summary>The store of a data folder.</summary>
    public SqliteStoreSettings Sqlite(string dataDirectory, TopicSettings topics) =>
        new(dataDirectory) { Durability = Durability, LongestRecord = topics.MaxRecordBytes + TopicSettings.PredictionFrame };
}
