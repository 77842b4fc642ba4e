using System.Buffers;
using System.Data;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using Npgsql;
using NpgsqlTypes;

namespace FraudStreams.Storage.Postgres;

/// <summary>
/// Writes batches on one connection, each in a transaction: COPY into a staging table, and from there the new rows into the store.
/// </summary>
/// <remarks>
/// Nothing outlives its transaction: no setting, no staging table, no prepared statement. Behind a pooler the next transaction may run in another session
/// of the server. A new staging table costs a few milliseconds per batch.
/// <para>
/// A payment and its label may be written at once by two transactions that do not see each other. So labels take the store's advisory lock exclusively
/// and payments take it shared: the second transaction sees what the first has committed. Rows are inserted in the order of ids, so that two stores
/// that write the same payments do not deadlock.
/// </para>
/// </remarks>
internal sealed class PostgresStoreWriter : IAsyncDisposable
{
    /// <summary>Not `arriving`: an older release behind the same pooler leaves a table of that name in the sessions.</summary>
    const string Staging = "arriving_payments";

    readonly NpgsqlConnection _connection;
    readonly PostgresCopyBuffer _buffer;
    readonly StoreTables _tables;
    readonly TransactionSchema _schema;
    readonly string _forQuery, _forLongQuery, _forLabels, _forPayments, _copy, _move;

    public PostgresStoreWriter(NpgsqlConnection connection, StoreTables tables, TransactionSchema schema, PostgresStoreSettings settings)
    {
        _connection = connection;
        _tables = tables;
        _schema = schema;
        _buffer = new PostgresCopyBuffer(schema);
        var written = StoreTables.Names(tables.Written);
        _forQuery = PostgresSession.Needs(settings);
        _forLongQuery = PostgresSession.NeedsWithoutTimeout(settings);
        _forLabels = $"{_forQuery}; {PostgresSession.LockAlone(settings)}";
        _forPayments = $"""
            {_forQuery};
            {PostgresSession.LockTogether(settings)};
            CREATE TEMPORARY TABLE {Staging} ({string.Join(", ", tables.Written.Select(StoreDialect.Postgres.Declare))}) ON COMMIT DROP
            """;
        _copy = $"COPY pg_temp.{Staging} ({written}) FROM STDIN (FORMAT BINARY)";
        _move = $"""
            WITH fresh AS (
                INSERT INTO {tables.TableNames.Transactions} ({written}, true_value, confirmed_at, confirmed_by)
                SELECT {written}, latest.true_value, latest.confirmed_at, latest.confirmed_by
                FROM pg_temp.{Staging} AS arriving LEFT JOIN LATERAL (
                    SELECT true_value, confirmed_at, confirmed_by FROM {tables.TableNames.LabelHistory} AS label
                    WHERE label.id = arriving.{tables.Id} ORDER BY {StoreTables.LatestFirst} LIMIT 1) AS latest ON true
                ORDER BY arriving.{tables.Id}, arriving.ctid
                ON CONFLICT ({tables.Id}) DO NOTHING
                RETURNING prediction)
            SELECT count(*), count(*) FILTER (WHERE prediction = 1) FROM fresh
            """;
    }

    public async Task<StoreCounts> WriteAsync(PredictionRows rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0) return default;

        await using var transaction = await BeginAsync(_forPayments, cancellationToken);
        await using (var copy = await _connection.BeginRawBinaryCopyAsync(_copy, cancellationToken))
            await copy.WriteAsync(_buffer.Write(rows), cancellationToken);
        var counts = await CountsAsync(_move, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return counts;
    }

    public async Task<LabelCounts> WriteAsync(IReadOnlyList<Label> labels, CancellationToken cancellationToken)
    {
        if (labels.Count == 0) return default;

        await using var transaction = await BeginAsync(_forLabels, cancellationToken);
        var fresh = new List<string>();
        await using (var insert = new NpgsqlCommand(
            $"""
            INSERT INTO {_tables.TableNames.LabelHistory} (id, confirmed_at, confirmed_by, true_value)
            SELECT * FROM unnest($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING id
            """,
            _connection))
        {
            Add(insert, labels);
            await using var inserted = await insert.ExecuteReaderAsync(cancellationToken);
            while (await inserted.ReadAsync(cancellationToken)) fresh.Add(inserted.GetString(0));
        }

        var applied = await ApplyAsync(fresh, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new LabelCounts(fresh.Count, labels.Count - fresh.Count, applied);
    }

    /// <summary>Writes all scores in one transaction; returns how many are new.</summary>
    public async Task<long> WriteAsync(IReadOnlyList<ShadowScore> scores, CancellationToken cancellationToken)
    {
        if (scores.Count == 0) return 0;

        await using var transaction = await BeginAsync(_forQuery, cancellationToken);
        await using var insert = PostgresShadow.Insert(_connection, _tables, scores);
        var added = await insert.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return added;
    }

    public async Task<StoredDecision?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var transaction = await BeginAsync(_forQuery, cancellationToken);
        var found = await PostgresShadow.FindAsync(_connection, _tables, id, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return found;
    }

    public async Task<IReadOnlyList<StoredOfLabel>> FindAsync(IReadOnlyList<Label> labels, CancellationToken cancellationToken)
    {
        var found = new List<StoredOfLabel>(labels.Count);
        await using var transaction = await BeginAsync(_forQuery, cancellationToken);
        await using (var select = new NpgsqlCommand(
            $"""
            SELECT EXISTS (SELECT 1 FROM {_tables.TableNames.Transactions} AS payment WHERE payment.{_tables.Id} = asked.id),
                EXISTS (SELECT 1 FROM {_tables.TableNames.LabelHistory} AS label
                    WHERE (label.id, label.confirmed_at, label.confirmed_by, label.true_value) = (asked.id, asked.confirmed_at, asked.confirmed_by, asked.true_value))
            FROM unnest($1, $2, $3, $4) WITH ORDINALITY AS asked (id, confirmed_at, confirmed_by, true_value, number) ORDER BY number
            """,
            _connection))
        {
            Add(select, labels);
            await using var rows = await select.ExecuteReaderAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
                found.Add(new StoredOfLabel(rows.GetBoolean(0), rows.GetBoolean(1)));
        }
        await transaction.CommitAsync(cancellationToken);
        return found;
    }

    public async Task<StoreCounts> CountAsync(CancellationToken cancellationToken)
    {
        await using var transaction = await BeginAsync(_forQuery, cancellationToken);
        var counts = await CountsAsync($"SELECT count(*), count(*) FILTER (WHERE prediction = 1) FROM {_tables.TableNames.Transactions}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return counts;
    }

    public async Task<long> CountConfirmedAsync(CancellationToken cancellationToken)
    {
        await using var transaction = await BeginAsync(_forQuery, cancellationToken);
        await using var count = new NpgsqlCommand($"SELECT count(*) FROM {_tables.TableNames.Transactions} WHERE true_value IS NOT NULL", _connection);
        var confirmed = (long)(await count.ExecuteScalarAsync(cancellationToken))!;
        await transaction.CommitAsync(cancellationToken);
        return confirmed;
    }

    public async Task ReadConfirmedAsync(ConfirmedCsvWriter into, Func<Task> afterRow, CancellationToken cancellationToken)
    {
        // No timeout: how long the rows take depends on the disk that they are written to.
        await using var transaction = await BeginAsync(_forLongQuery, cancellationToken);
        await using (var select = new NpgsqlCommand(
            $"""
            SELECT as_written, true_value, {StoreTables.Names(_tables.Fields)} FROM {_tables.TableNames.Transactions}
            WHERE true_value IS NOT NULL ORDER BY {_tables.Time}, {_tables.Id}
            """,
            _connection))
        {
            select.CommandTimeout = 0;
            await using var rows = await select.ExecuteReaderAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
            {
                Copy(rows, into);
                await afterRow();
            }
        }

        await transaction.CommitAsync(cancellationToken);
    }

    public async Task ReadPaymentsAsync(
        StoredRowWriter into, StoredPosition after, long to, int limit, Action<StoredPosition> afterRow, CancellationToken cancellationToken)
    {
        await using var transaction = await BeginAsync(_forQuery, cancellationToken);
        await using (var select = new NpgsqlCommand(
            $"""
            SELECT as_written, true_value, {StoreTables.Names(_tables.Fields)} FROM {_tables.TableNames.Transactions}
            WHERE {_tables.Time} >= $1 AND {_tables.Time} < $2 AND ({_tables.Time} > $1 OR {_tables.Id} > $3)
            ORDER BY {_tables.Time}, {_tables.Id} LIMIT {limit}
            """,
            _connection))
        {
            select.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = TimeOf(after.Time), NpgsqlDbType = NpgsqlDbType.TimestampTz });
            select.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = TimeOf(to), NpgsqlDbType = NpgsqlDbType.TimestampTz });
            select.Parameters.Add(new NpgsqlParameter<string> { TypedValue = after.Id });
            await using var rows = await select.ExecuteReaderAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
            {
                Copy(rows, into);
                afterRow(new StoredPosition(MillisecondsOf(rows.GetDateTime(_schema.TimeField + 2)), rows.GetString(_schema.IdField + 2)));
            }
        }

        await transaction.CommitAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<Label>> ReadLabelsAsync(CancellationToken cancellationToken)
    {
        var labels = new List<Label>();
        await using var transaction = await BeginAsync(_forLongQuery, cancellationToken);
        await using (var select = new NpgsqlCommand(
            $"SELECT id, true_value, confirmed_at, confirmed_by FROM {_tables.TableNames.LabelHistory} ORDER BY {StoreTables.LatestLast}", _connection))
        {
            select.CommandTimeout = 0;
            await using var rows = await select.ExecuteReaderAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
                labels.Add(new Label(rows.GetString(0), rows.GetInt16(1) == 1, MillisecondsOf(rows.GetDateTime(2)), rows.GetString(3)));
        }

        await transaction.CommitAsync(cancellationToken);
        return labels;
    }

    /// <summary>Asks in one transaction, without a timeout: the gate reads months of payments.</summary>
    public async Task<T> AskAsync<T>(Func<PostgresCandidates, Task<T>> question, CancellationToken cancellationToken)
    {
        await using var transaction = await BeginAsync(_forLongQuery, cancellationToken);
        var answer = await question(new PostgresCandidates(_connection, _tables, _schema));
        await transaction.CommitAsync(cancellationToken);
        return answer;
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>The labels' ids, times, sources and values as four arrays.</summary>
    static void Add(NpgsqlCommand command, IReadOnlyList<Label> labels)
    {
        Add(command, NpgsqlDbType.Text, labels.Select(label => label.Id));
        Add(command, NpgsqlDbType.TimestampTz, labels.Select(label => DateTimeOffset.FromUnixTimeMilliseconds(label.ConfirmedAt).UtcDateTime));
        Add(command, NpgsqlDbType.Text, labels.Select(label => label.ConfirmedBy));
        Add(command, NpgsqlDbType.Smallint, labels.Select(label => (short)(label.Fraud ? 1 : 0)));
    }

    static void Add<T>(NpgsqlCommand command, NpgsqlDbType type, IEnumerable<T> values) =>
        command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | type });

    /// <summary>Begins a transaction with its first statement; if that throws, the caller drops the connection.</summary>
    async Task<NpgsqlTransaction> BeginAsync(string preamble, CancellationToken cancellationToken)
    {
        var transaction = await _connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        await using var command = new NpgsqlCommand(preamble, _connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return transaction;
    }

    async Task<StoreCounts> CountsAsync(string query, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(query, _connection);
        await using var counts = await command.ExecuteReaderAsync(cancellationToken);
        await counts.ReadAsync(cancellationToken);
        return new StoreCounts(counts.GetInt64(0), counts.GetInt64(1));
    }

    /// <summary>Applies the latest labels of these payments to their rows; returns how many of the labels have a payment.</summary>
    async Task<long> ApplyAsync(List<string> ids, CancellationToken cancellationToken)
    {
        if (ids.Count == 0) return 0;

        await using var apply = new NpgsqlCommand(
            $"""
            WITH applied AS (
                UPDATE {_tables.TableNames.Transactions} AS payment
                SET true_value = latest.true_value, confirmed_at = latest.confirmed_at, confirmed_by = latest.confirmed_by
                FROM (SELECT DISTINCT ON (id) * FROM {_tables.TableNames.LabelHistory} WHERE id = ANY ($1) ORDER BY id, {StoreTables.LatestFirst}) AS latest
                WHERE payment.{_tables.Id} = latest.id
                RETURNING latest.id)
            SELECT count(*) FROM unnest($1) AS fresh (id) JOIN applied USING (id)
            """,
            _connection);
        Add(apply, NpgsqlDbType.Text, ids);
        return (long)(await apply.ExecuteScalarAsync(cancellationToken))!;
    }

    void Copy(NpgsqlDataReader row, StoredRowWriter into)
    {
        into.BeginRow(row.IsDBNull(0) ? default : row.GetFieldValue<byte[]>(0), row.IsDBNull(1) ? null : row.GetInt16(1) == 1);
        for (var field = 0; field < _schema.Fields.Length; field++)
        {
            var column = field + 2;
            if (row.IsDBNull(column)) into.Missing();
            else if (_schema.Fields[field].Type == FieldType.Text) into.Text(row.GetFieldValue<byte[]>(column));
            else if (_schema.Fields[field].Type == FieldType.Number) into.Number(row.GetDouble(column));
            else if (_schema.Fields[field].Type == FieldType.Integer) into.Whole(row.GetInt64(column));
            else into.Whole(MillisecondsOf(row.GetDateTime(column)));
        }
    }

    internal static long MillisecondsOf(DateTime time) => new DateTimeOffset(time).ToUnixTimeMilliseconds();

    /// <summary>Clamps to the first and the last time that a DateTime can hold.</summary>
    internal static DateTime TimeOf(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(
        Math.Clamp(milliseconds, DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())).UtcDateTime;
}
