using System.Collections.Concurrent;
using System.IO.Compression;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Storage.Postgres;
using FraudStreams.Tests.Storage;
using Microsoft.Data.Sqlite;
using Npgsql;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Outbox;

/// <summary>
/// A journal that the release before the published packages wrote (alerts-before-akka-net.db.gz, of 722 generated frauds: a snapshot as of event 1000, the
/// 445 events after it, three alerts open since their mail server was away) opens with all it holds, in SQLite and copied to PostgreSQL.
/// </summary>
public sealed class EarlierJournalTests(PostgresServer server) : IClassFixture<PostgresServer>, IDisposable
{
    /// <summary>Raised and not sent.</summary>
    static readonly string[] Open = ["85e53b5654a05af5ce1e400915db6bd3", "3628cb38e9d615d593b0f45741739c0c", "1a5cad660667353b5fc63c41dade7a09"];

    readonly TemporaryFolder _folder = new();
    readonly ConcurrentQueue<string> _sent = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task In_SQLite_what_was_open_goes_out_and_what_was_delivered_does_not()
    {
        await UnpackAsync();

        await DeliverAsync(OutboxHarness.Settings.Alerts);

        _sent.Order().ShouldBe(Open.Order());
    }

    [PostgresFact]
    public async Task In_PostgreSQL_too()
    {
        var store = server.NewStore();
        await UnpackAsync();
        await CopyAsync(store);
        File.Delete(AlertJournalSettings.SqliteFile(_folder));

        await DeliverAsync(OutboxHarness.Settings.Alerts with { Journal = OutboxHarness.Settings.Alerts.Journal with { Postgres = store } });

        _sent.Order().ShouldBe(Open.Order());
    }

    [Fact]
    public async Task Its_tables_are_brought_to_this_release_once_and_looking_again_changes_nothing()
    {
        await UnpackAsync();
        var tables = new AlertJournalTables(OutboxHarness.Settings.Alerts.Journal, _folder);

        await tables.PrepareAsync(CancellationToken.None);
        await tables.PrepareAsync(CancellationToken.None);

        await using var connection = new SqliteConnection($"Data Source={AlertJournalSettings.SqliteFile(_folder)};Pooling=False");
        connection.Open();
        await using var count = new SqliteCommand("SELECT (SELECT count(*) FROM journal_steps) || ' ' || (SELECT count(*) FROM journal WHERE tags IS NULL)", connection);
        (await count.ExecuteScalarAsync()).ShouldBe("2 445");
    }

    async Task DeliverAsync(AlertSettings settings)
    {
        await using var life = new OutboxHarness(_folder, new Recording(_sent), settings, "a test's");
        await life.OpenAsync();
        await life.IdleAsync();

        // Known since it was delivered before, or is open: raised again it goes out no second time.
        await life.RaiseAsync(Open[0]);
        await life.IdleAsync();
    }

    async Task UnpackAsync()
    {
        await using var packed = typeof(EarlierJournalTests).Assembly.GetManifestResourceStream("alerts-before-akka-net.db.gz")!;
        await using var unpacked = new GZipStream(packed, CompressionMode.Decompress);
        await using var file = File.Create(AlertJournalSettings.SqliteFile(_folder));
        await unpacked.CopyToAsync(file);
    }

    /// <summary>As the same release laid its tables out there.</summary>
    async Task CopyAsync(PostgresStoreSettings store)
    {
        await using var to = new NpgsqlConnection(store.ToConnectionString(pooling: false));
        await to.OpenAsync();
        await ExecuteAsync($"""
            CREATE SCHEMA "{store.Schema}";
            CREATE TABLE "{store.Schema}".journal (
                ordering bigserial PRIMARY KEY, created bigint NOT NULL, deleted boolean NOT NULL, persistence_id varchar(255) NOT NULL,
                sequence_number bigint NOT NULL, message bytea NOT NULL, manifest varchar(500), identifier integer, writer_uuid varchar(128));
            CREATE TABLE "{store.Schema}".snapshot (
                persistence_id varchar(255) NOT NULL, sequence_number bigint NOT NULL, created bigint NOT NULL, snapshot bytea NOT NULL,
                manifest varchar(500) NOT NULL, serializer_id integer, PRIMARY KEY (persistence_id, sequence_number));
            """);
        await using var from = new SqliteConnection($"Data Source={AlertJournalSettings.SqliteFile(_folder)};Pooling=False");
        from.Open();
        await RowsAsync(
            "SELECT created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid FROM journal ORDER BY ordering",
            $"INSERT INTO \"{store.Schema}\".journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid) VALUES ($1, $2::int = 1, $3, $4, $5, $6, $7, $8)");
        await RowsAsync(
            "SELECT persistence_id, sequence_number, created, snapshot, manifest, serializer_id FROM snapshot",
            $"INSERT INTO \"{store.Schema}\".snapshot VALUES ($1, $2, $3, $4, $5, $6)");

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, to);
            await command.ExecuteNonQueryAsync();
        }

        async Task RowsAsync(string select, string insert)
        {
            await using var read = new SqliteCommand(select, from);
            await using var rows = await read.ExecuteReaderAsync();
            while (await rows.ReadAsync())
            {
                await using var command = new NpgsqlCommand(insert, to);
                for (var column = 0; column < rows.FieldCount; column++)
                    command.Parameters.Add(new NpgsqlParameter { Value = rows.GetValue(column) is long number && IsSmall(rows.GetName(column)) ? (int)number : rows.GetValue(column) });
                await command.ExecuteNonQueryAsync();
            }
        }
    }

    static bool IsSmall(string column) => column is "deleted" or "identifier" or "serializer_id";

    sealed class Recording(ConcurrentQueue<string> sent) : IAlertTransport
    {
        public string Channel => "a test's";

        public TimeSpan Timeout => TimeSpan.FromSeconds(1);

        public Task<Delivery> SendAsync(AlertMessage message, CancellationToken token)
        {
            foreach (var alert in message.Alerts)
                sent.Enqueue(alert.TransactionId);
            return Task.FromResult(Delivery.Complete);
        }

        public void Dispose()
        {
        }
    }
}
