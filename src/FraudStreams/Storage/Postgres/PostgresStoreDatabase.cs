using System.Data;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using Npgsql;

namespace FraudStreams.Storage.Postgres;

/// <summary>
/// The store in one schema of a PostgreSQL database. Any fault closes the connection, and with it the transaction; the next call reconnects. Whether a
/// commit that failed took effect does not matter: the batch is written again, which changes nothing then.
/// </summary>
internal sealed class PostgresStoreDatabase : IStoreDatabase
{
    readonly PostgresStoreSettings _settings;
    readonly TransactionSchema _schema;
    readonly StoreTables _tables;
    readonly TimeProvider _time;
    PostgresStoreWriter? _writer;

    PostgresStoreDatabase(PostgresStoreSettings settings, TransactionSchema schema, TimeProvider time)
    {
        _settings = settings;
        _schema = schema;
        _tables = new StoreTables(schema, StoreDialect.Postgres, settings.Tables);
        _time = time;
    }

    public static PostgresStoreDatabase Open(PostgresStoreSettings settings, TransactionSchema schema, TimeProvider time)
    {
        var database = new PostgresStoreDatabase(settings, schema, time);
        try
        {
            database._writer = database.Connect();
        }
        catch (Exception e) when (PostgresFault.IsOne(e))
        {
            if (!PostgresFault.IsOutage(e)) throw PostgresFault.ToStoreException("Opening the store", settings, e);
        }

        return database;
    }

    public static StoreCounts ReadCounts(PostgresStoreSettings settings)
    {
        try
        {
            using var connection = settings.ToConnection();
            connection.Open();
            // Both counts of one moment, beside a stream that writes.
            using var transaction = connection.BeginTransaction(IsolationLevel.RepeatableRead);
            PostgresSession.Execute(connection, PostgresSession.Needs(settings));
            if (PostgresSession.QueryLong(connection, StoreDialect.Postgres.Exists(settings.Tables.Steps)) == 0) return default;

            StoreTables.CheckVersion(settings.Location, PostgresSession.QueryLong(connection, $"SELECT coalesce(max(number), 0) FROM {settings.Tables.Steps}"));
            return new StoreCounts(
                PostgresSession.QueryLong(connection, $"SELECT count(*) FROM {settings.Tables.Transactions}"),
                PostgresSession.QueryLong(connection, $"SELECT count(*) FROM {settings.Tables.Transactions} WHERE prediction = 1"));
        }
        catch (Exception e) when (PostgresFault.IsOne(e))
        {
            throw PostgresFault.ToStoreException("Reading the store's counts", settings, e);
        }
    }

    /// <summary>PostgreSQL's text has no U+0000, and its indexes hold 2,704 bytes an entry.</summary>
    public RejectReason? Refuse(PredictionRows rows, int row)
    {
        var transactions = rows.Transactions;
        for (var field = 0; field < _schema.Fields.Length; field++)
        {
            if (_schema.Fields[field].Type != FieldType.Text) continue;
            var text = transactions.Text(row, field);
            if (text.Contains((byte)0))
                return new(RejectCodes.NotStorable, $"{_schema.Fields[field].Name}: has the character U+0000, which PostgreSQL cannot hold");
            if (text.Length > Label.LongestId && (field == _schema.IdField || field == _schema.CardField))
                return new(RejectCodes.NotStorable, $"{_schema.Fields[field].Name}: has {text.Length:N0} bytes; PostgreSQL's indexes take {Label.LongestId:N0}");
        }

        return rows.ModelVersion(row).Contains((byte)0) ? new(RejectCodes.NotStorable, "model_version: has the character U+0000") : null;
    }

    public Task<StoreCounts> WriteAsync(PredictionRows rows, CancellationToken cancellationToken) =>
        AttemptAsync($"Storing {rows.Count} predictions", writer => writer.WriteAsync(rows, cancellationToken));

    public Task<LabelCounts> WriteAsync(IReadOnlyList<Label> labels, CancellationToken cancellationToken) =>
        AttemptAsync($"Storing {labels.Count} labels", writer => writer.WriteAsync(labels, cancellationToken));

    public Task<long> WriteAsync(IReadOnlyList<ShadowScore> scores, CancellationToken cancellationToken) =>
        AttemptAsync($"Storing {scores.Count} scores of the challenger", writer => writer.WriteAsync(scores, cancellationToken));

    public Task<StoredDecision?> FindAsync(string id, CancellationToken cancellationToken) =>
        AttemptAsync("Looking up a payment", writer => writer.FindAsync(id, cancellationToken));

    public Task<IReadOnlyList<StoredOfLabel>> FindAsync(IReadOnlyList<Label> labels, CancellationToken cancellationToken) =>
        AttemptAsync("Looking up the labels' payments", writer => writer.FindAsync(labels, cancellationToken));

    public Task<StoreCounts> CountAsync(CancellationToken cancellationToken) =>
        AttemptAsync("Counting the payments", writer => writer.CountAsync(cancellationToken));

    public Task<long> CountConfirmedAsync(CancellationToken cancellationToken) =>
        AttemptAsync("Counting the confirmed payments", writer => writer.CountConfirmedAsync(cancellationToken));

    public Task ReadConfirmedAsync(ConfirmedCsvWriter into, Func<Task> afterRow, CancellationToken cancellationToken) => AttemptAsync(
        "Reading the confirmed payments", async writer =>
        {
            await writer.ReadConfirmedAsync(into, afterRow, cancellationToken);
            return true;
        });

    public Task ReadPaymentsAsync(
        StoredRowWriter into, StoredPosition after, long to, int limit, Action<StoredPosition> afterRow, CancellationToken cancellationToken) =>
        AttemptAsync("Reading the payments", async writer =>
        {
            await writer.ReadPaymentsAsync(into, after, to, limit, afterRow, cancellationToken);
            return true;
        });

    public Task<IReadOnlyList<Label>> ReadLabelsAsync(CancellationToken cancellationToken) =>
        AttemptAsync("Reading the labels", writer => writer.ReadLabelsAsync(cancellationToken));

    public Task<ShadowedPayments> ReadShadowedAsync(string champion, string challenger, long scoredFrom, CancellationToken cancellationToken) => AttemptAsync(
        "Reading what champion and challenger scored", writer => writer.AskAsync(candidates => candidates.ReadShadowedAsync(champion, challenger, scoredFrom, cancellationToken), cancellationToken));

    public Task<ShadowedPayments> ReadDecidedAsync(string version, long after, long to, CancellationToken cancellationToken) => AttemptAsync(
        "Reading what the champion decided", writer => writer.AskAsync(candidates => candidates.ReadDecidedAsync(version, after, to, cancellationToken), cancellationToken));

    public Task<long> CountLabelledAsync(long after, long to, CancellationToken cancellationToken) => AttemptAsync(
        "Counting the labelled payments", writer => writer.AskAsync(candidates => candidates.CountLabelledAsync(after, to, cancellationToken), cancellationToken));

    public Task<long?> LatestEventTimeAsync(long to, CancellationToken cancellationToken) => AttemptAsync(
        "Looking for the latest payment", writer => writer.AskAsync(candidates => candidates.LatestEventTimeAsync(to, cancellationToken), cancellationToken));

    public Task<bool> TryLeaseAsync(string name, string holder, long now, long until, CancellationToken cancellationToken) => AttemptAsync(
        $"Taking the lease {name}", writer => writer.AskAsync(candidates => candidates.TryLeaseAsync(name, holder, now, until, cancellationToken), cancellationToken));

    public Task<bool> ReleaseLeaseAsync(string name, string holder, CancellationToken cancellationToken) => AttemptAsync(
        $"Giving up the lease {name}", writer => writer.AskAsync(candidates => candidates.ReleaseLeaseAsync(name, holder, cancellationToken), cancellationToken));

    public async ValueTask DisposeAsync()
    {
        if (_writer is not null) await _writer.DisposeAsync();
    }

    async Task<T> AttemptAsync<T>(string what, Func<PostgresStoreWriter, Task<T>> work)
    {
        try
        {
            _writer ??= await BlockingCall.RunAsync(Connect);
            return await work(_writer);
        }
        catch (Exception e) when (PostgresFault.IsOne(e))
        {
            await AbandonAsync();
            if (e is OperationCanceledException) throw;
            throw PostgresFault.ToStoreException(what, _settings, e);
        }
    }

    async Task AbandonAsync()
    {
        if (_writer is null) return;
        var broken = _writer;
        _writer = null;
        try
        {
            await broken.DisposeAsync();
        }
        catch (Exception e) when (PostgresFault.IsOne(e) || e is ObjectDisposedException)
        {
            // The fault that broke the connection is the one to report.
        }
    }

    PostgresStoreWriter Connect() => new(PostgresSession.Open(_settings, _tables, _time.GetUtcNow()), _tables, _schema, _settings);
}
