using System.Collections.Immutable;
using FraudStreams.Configuration;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Sqlite;

namespace FraudStreams.Storage.Sqlite;

/// <summary>The store in one SQLite file. While another process holds the file's lock, calls retry without blocking a thread, until the timeout.</summary>
internal sealed class SqliteStoreDatabase : IStoreDatabase
{
    /// <summary>Longer waits for a lock do not block a thread.</summary>
    static readonly TimeSpan MaxBlockingWait = TimeSpan.FromMilliseconds(20);

    static readonly BackoffSettings LockPoll = new(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(100));

    readonly SqliteStoreSettings _settings;
    readonly TransactionSchema _schema;
    readonly StoreTables _tables;
    readonly SqliteCandidates _candidates;
    readonly TimeProvider _time;
    SqliteStoreWriter? _writer;

    SqliteStoreDatabase(SqliteStoreSettings settings, TransactionSchema schema, TimeProvider time)
    {
        _settings = settings;
        _schema = schema;
        _tables = new StoreTables(schema, StoreDialect.Sqlite, new StoreTableNames(null));
        _candidates = new SqliteCandidates(_tables, schema);
        _time = time;
    }

    public static SqliteStoreDatabase Open(SqliteStoreSettings settings, TransactionSchema schema, TimeProvider time)
    {
        var database = new SqliteStoreDatabase(settings, schema, time);
        try
        {
            database._writer = database.OpenWriter();
        }
        catch (SqliteFileException e) when (e.Fault is SqliteFault.Locked or SqliteFault.DiskFull)
        {
            // As a server that is away: the first call opens it, once the lock is gone or there is room.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"The store cannot be opened: {e.Message}", e);
        }

        return database;
    }

    public static StoreCounts ReadCounts(string folder)
    {
        var path = new SqliteStoreSettings(folder).File;
        if (!File.Exists(path)) return default;

        try
        {
            using var file = SqliteFile.Open(path, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
            file.Execute("PRAGMA query_only = 1; BEGIN");
            if (file.QueryLong("SELECT count(*) FROM sqlite_master") == 0) return default;

            SqliteStoreFile.CheckVersion(file);
            return Count(file);
        }
        catch (SqliteFileException e)
        {
            throw new StoreException($"The store's counts cannot be read: {e.Message}", e);
        }
    }

    /// <summary>SQLite can store every row that can be read.</summary>
    public RejectReason? Refuse(PredictionRows rows, int row) => null;

    public Task<StoreCounts> WriteAsync(PredictionRows rows, CancellationToken cancellationToken) =>
        WithRetryAsync(writer => writer.Write(rows), () => $"Storing {rows.Count} predictions", cancellationToken);

    public Task<LabelCounts> WriteAsync(IReadOnlyList<Label> labels, CancellationToken cancellationToken) =>
        WithRetryAsync(writer => writer.Write(labels), () => $"Storing {labels.Count} labels", cancellationToken);

    public Task<long> WriteAsync(IReadOnlyList<ShadowScore> scores, CancellationToken cancellationToken) =>
        WithRetryAsync(writer => writer.Write(scores), () => $"Storing {scores.Count} scores of the challenger", cancellationToken);

    public Task<StoredDecision?> FindAsync(string id, CancellationToken cancellationToken) => WithRetryAsync(writer =>
    {
        var (decision, shadow) = _tables.Find("?1");
        using var found = writer.File.Query(decision);
        if (!found.Bind(1, id).Step())
            return null;
        var scores = ImmutableArray.CreateBuilder<ShadowScore>();
        using var rows = writer.File.Query(shadow);
        rows.Bind(1, id);
        while (rows.Step())
        {
            scores.Add(new ShadowScore(
                rows.Text(0), rows.Long(1), rows.Text(2), rows.Double(3), rows.Long(4) == 1, rows.Double(5), rows.Text(6), rows.Double(7), rows.Long(8) == 1, rows.Long(9))
            {
                Reasons = rows.IsNull(10) ? null : rows.Text(10),
            });
        }

        return new StoredDecision(found.Double(0), found.Long(1) == 1, found.Text(2), found.Long(3), found.Long(4), scores.ToImmutable());
    }, () => "Looking up a payment", cancellationToken);

    public Task<IReadOnlyList<StoredOfLabel>> FindAsync(IReadOnlyList<Label> labels, CancellationToken cancellationToken) =>
        WithRetryAsync(writer => writer.Find(labels), () => "Looking up the labels' payments", cancellationToken);

    public Task<StoreCounts> CountAsync(CancellationToken cancellationToken) =>
        WithRetryAsync(writer => Count(writer.File), () => "Counting the payments", cancellationToken);

    public Task<long> CountConfirmedAsync(CancellationToken cancellationToken) => WithRetryAsync(
        writer => writer.File.QueryLong("SELECT count(*) FROM transactions WHERE true_value IS NOT NULL"),
        () => "Counting the confirmed payments",
        cancellationToken);

    public async Task ReadConfirmedAsync(ConfirmedCsvWriter into, Func<Task> afterRow, CancellationToken cancellationToken)
    {
        try
        {
            using var file = SqliteFile.Open(_settings.File, SqliteAccess.ReadWrite, _settings.LockTimeout);
            using var rows = file.Query($"""
                SELECT as_written, true_value, {StoreTables.Names(_tables.Fields)} FROM transactions
                WHERE true_value IS NOT NULL ORDER BY {_tables.Time}, {_tables.Id}
                """);
            while (rows.Step())
            {
                cancellationToken.ThrowIfCancellationRequested();
                Copy(rows, into);
                await afterRow();
            }
        }
        catch (SqliteFileException e)
        {
            throw new StoreException($"The confirmed payments cannot be read: {e.Message}", e);
        }
    }

    public Task ReadPaymentsAsync(
        StoredRowWriter into, StoredPosition after, long to, int limit, Action<StoredPosition> afterRow, CancellationToken cancellationToken) =>
        WithRetryAsync(writer =>
        {
            using var rows = writer.File.Query($"""
                SELECT as_written, true_value, {StoreTables.Names(_tables.Fields)} FROM transactions
                WHERE {_tables.Time} >= ?1 AND {_tables.Time} < ?2 AND ({_tables.Time} > ?1 OR {_tables.Id} > ?3)
                ORDER BY {_tables.Time}, {_tables.Id} LIMIT {limit}
                """);
            rows.Bind(1, after.Time).Bind(2, to).Bind(3, after.Id);
            var read = 0;
            while (rows.Step())
            {
                cancellationToken.ThrowIfCancellationRequested();
                Copy(rows, into);
                afterRow(new StoredPosition(rows.Long(_schema.TimeField + 2), rows.Text(_schema.IdField + 2)));
                read++;
            }

            return read;
        }, () => "Reading the payments", cancellationToken);

    public Task<IReadOnlyList<Label>> ReadLabelsAsync(CancellationToken cancellationToken) => WithRetryAsync<IReadOnlyList<Label>>(writer =>
    {
        var labels = new List<Label>();
        using var rows = writer.File.Query($"SELECT id, true_value, confirmed_at, confirmed_by FROM label_history ORDER BY {StoreTables.LatestLast}");
        while (rows.Step())
            labels.Add(new Label(rows.Text(0), rows.Long(1) == 1, rows.Long(2), rows.Text(3)));
        return labels;
    }, () => "Reading the labels", cancellationToken);

    public Task<ShadowedPayments> ReadShadowedAsync(string champion, string challenger, long scoredFrom, CancellationToken cancellationToken) =>
        WithRetryAsync(writer => _candidates.ReadShadowed(writer.File, champion, challenger, scoredFrom, cancellationToken), () => "Reading what champion and challenger scored", cancellationToken);

    public Task<ShadowedPayments> ReadDecidedAsync(string version, long after, long to, CancellationToken cancellationToken) =>
        WithRetryAsync(writer => _candidates.ReadDecided(writer.File, version, after, to, cancellationToken), () => "Reading what the champion decided", cancellationToken);

    public Task<long> CountLabelledAsync(long after, long to, CancellationToken cancellationToken) =>
        WithRetryAsync(writer => _candidates.CountLabelled(writer.File, after, to), () => "Counting the labelled payments", cancellationToken);

    public Task<long?> LatestEventTimeAsync(long to, CancellationToken cancellationToken) =>
        WithRetryAsync(writer => _candidates.LatestEventTime(writer.File, to), () => "Looking for the latest payment", cancellationToken);

    public Task<bool> TryLeaseAsync(string name, string holder, long now, long until, CancellationToken cancellationToken) =>
        WithRetryAsync(writer => _candidates.TryLease(writer.File, name, holder, now, until), () => $"Taking the lease {name}", cancellationToken);

    public Task<bool> ReleaseLeaseAsync(string name, string holder, CancellationToken cancellationToken) =>
        WithRetryAsync(writer => _candidates.ReleaseLease(writer.File, name, holder), () => $"Giving up the lease {name}", cancellationToken);

    public ValueTask DisposeAsync()
    {
        _writer?.Dispose();
        return ValueTask.CompletedTask;
    }

    static StoreCounts Count(SqliteFile file) => new(
        file.QueryLong("SELECT count(*) FROM transactions"),
        file.QueryLong("SELECT count(*) FROM transactions WHERE prediction = 1"));

    void Copy(SqliteStatement row, StoredRowWriter into)
    {
        into.BeginRow(row.IsNull(0) ? default : row.Bytes(0), row.IsNull(1) ? null : row.Long(1) == 1);
        for (var field = 0; field < _schema.Fields.Length; field++)
        {
            var column = field + 2;
            if (row.IsNull(column)) into.Missing();
            else if (_schema.Fields[field].Type == FieldType.Text) into.Text(row.Bytes(column));
            else if (_schema.Fields[field].Type == FieldType.Number) into.Number(row.Double(column));
            else into.Whole(row.Long(column));
        }
    }

    async Task<T> WithRetryAsync<T>(Func<SqliteStoreWriter, T> work, Func<string> what, CancellationToken cancellationToken)
    {
        var (started, failures) = (_time.GetTimestamp(), 0);
        while (true)
        {
            try
            {
                return Attempt(work);
            }
            catch (SqliteFileException e) when (e.Fault == SqliteFault.Locked && _time.GetElapsedTime(started) < _settings.LockTimeout)
            {
                await Task.Delay(LockPoll.Pause(++failures), _time, cancellationToken);
            }
            catch (SqliteFileException e)
            {
                throw new StoreException($"{what()} failed: {e.Message}", e);
            }
        }
    }

    T Attempt<T>(Func<SqliteStoreWriter, T> work)
    {
        _writer ??= OpenWriter();
        try
        {
            return work(_writer);
        }
        catch (SqliteFileException e)
        {
            // After a fault other than a lock or a full disk the connection is reopened at the next write.
            if (_writer.TryRollBack() && e.Fault is SqliteFault.Locked or SqliteFault.DiskFull) throw;
            _writer.Dispose();
            _writer = null;
            throw;
        }
    }

    SqliteStoreWriter OpenWriter()
    {
        var file = SqliteStoreFile.Open(_settings with { LockTimeout = MaxBlockingWait }, _tables, _time.GetUtcNow());
        return new SqliteStoreWriter(file, _tables, _schema);
    }
}
