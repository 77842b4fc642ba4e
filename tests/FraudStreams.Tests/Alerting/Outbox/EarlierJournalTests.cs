using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Sqlite;
using FraudStreams.Storage.Postgres;
using FraudStreams.Tests.Storage;
using Microsoft.Data.Sqlite;
using Npgsql;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Outbox;

/// <summary>
/// A journal written by the release before the published packages (alerts-before-akka-net.db.gz, of 722 generated frauds: a snapshot as of event 1000, the
/// 445 events after it, three alerts open because their mail server was down) is recovered completely, in SQLite and copied to PostgreSQL.
/// </summary>
[Trait("Category", "Integration")]
public sealed partial class EarlierJournalTests(SharedPostgres server) : IClassFixture<SharedPostgres>, IDisposable
{
    /// <summary>Raised and not sent.</summary>
    static readonly string[] Open = ["85e53b5654a05af5ce1e400915db6bd3", "3628cb38e9d615d593b0f45741739c0c", "1a5cad660667353b5fc63c41dade7a09"];

    const string Events = "SELECT message FROM journal", Snapshots = "SELECT snapshot FROM snapshot", All = $"{Events} UNION ALL {Snapshots}";

    readonly TemporaryFolder _folder = new();
    readonly ConcurrentQueue<string> _sent = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task In_SQLite_open_alerts_are_delivered_and_delivered_ones_are_not()
    {
        await UnpackAsync();

        await DeliverAsync(OutboxHarness.Settings.Alerts);

        _sent.Order().ShouldBe(Open.Order());
    }

    [PostgresFact]
    public async Task In_PostgreSQL_open_alerts_are_delivered_and_delivered_ones_are_not()
    {
        var store = server.NewStore();
        await UnpackAsync();
        await CopyAsync(store);
        File.Delete(AlertJournalSettings.SqliteFile(_folder));

        await DeliverAsync(OutboxHarness.Settings.Alerts with { Journal = OutboxHarness.Settings.Alerts.Journal with { Postgres = store } });

        _sent.Order().ShouldBe(Open.Order());
    }

    [Fact]
    public async Task A_card_is_erased_from_events_and_snapshots_and_open_alerts_are_still_delivered()
    {
        await UnpackAsync();
        var path = AlertJournalSettings.SqliteFile(_folder);
        var (before, card) = (Keys(path, All), Keys(path, Events).Intersect(Keys(path, Snapshots)).First());

        var erased = await new AlertJournalErasure([card]).EraseAsync(OutboxHarness.Settings.Alerts.Journal, _folder, CancellationToken.None);

        erased.NotAnew.ShouldBeNull();
        erased.Rows.ShouldBeGreaterThan(1);
        Keys(path, All).ShouldBe(before.Select(key => key == card ? $"****{card[^4..]}" : key));
        foreach (var file in Directory.GetFiles(_folder, "alerts.db*"))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            (bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(card)), bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(card))))).ShouldBe((-1, -1));
        }

        await DeliverAsync(OutboxHarness.Settings.Alerts);
        _sent.Order().ShouldBe(Open.Order());
    }

    [PostgresFact]
    public async Task A_card_is_erased_from_events_and_snapshots_in_PostgreSQL()
    {
        var store = server.NewStore();
        var journal = OutboxHarness.Settings.Alerts.Journal with { Postgres = store };
        await UnpackAsync();
        var card = Keys(AlertJournalSettings.SqliteFile(_folder), Snapshots)[0];
        (await new AlertJournalErasure([card]).EraseAsync(journal, _folder, CancellationToken.None)).Rows.ShouldBe(0, "there is no journal");
        await CopyAsync(store);

        var here = await new AlertJournalErasure([card]).EraseAsync(journal with { Postgres = null }, _folder, CancellationToken.None);
        (await new AlertJournalErasure([card]).EraseAsync(journal, _folder, CancellationToken.None)).Rows.ShouldBe(here.Rows);
        (await new AlertJournalErasure([card]).EraseAsync(journal, _folder, CancellationToken.None)).Rows.ShouldBe(0);

        File.Delete(AlertJournalSettings.SqliteFile(_folder));
        await DeliverAsync(OutboxHarness.Settings.Alerts with { Journal = journal });
        _sent.Order().ShouldBe(Open.Order());
    }

    [Fact]
    public async Task Its_tables_are_migrated_once()
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
        await using var host = new OutboxHarness(_folder, new Recording(_sent), settings, "a test's");
        await host.OpenAsync();
        await host.IdleAsync();

        // Already raised: raised again it is not delivered a second time.
        await host.RaiseAsync(Open[0]);
        await host.IdleAsync();
    }

    /// <summary>The cards of the alerts in it.</summary>
    static List<string> Keys(string path, string sql)
    {
        using var file = SqliteFile.Open(path, SqliteAccess.ReadOnly, TimeSpan.FromSeconds(10));
        using var rows = file.Query(sql);
        var keys = new List<string>();
        while (rows.Step())
            keys.AddRange(Key().Matches(Encoding.UTF8.GetString(rows.Bytes(0))).Select(key => Encoding.UTF8.GetString(Convert.FromBase64String(key.Groups["base64"].Value))));
        return keys;
    }

    [GeneratedRegex("\"key\":\"(?<base64>[^\"]+)\"", RegexOptions.None, 1000)]
    private static partial Regex Key();

    async Task UnpackAsync()
    {
        await using var packed = typeof(EarlierJournalTests).Assembly.GetManifestResourceStream("alerts-before-akka-net.db.gz")!;
        await using var unpacked = new GZipStream(packed, CompressionMode.Decompress);
        await using var file = File.Create(AlertJournalSettings.SqliteFile(_folder));
        await unpacked.CopyToAsync(file);
    }

    /// <summary>Copies it into tables as that release created them.</summary>
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

        public Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken)
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
