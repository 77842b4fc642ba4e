using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using Npgsql;
using NpgsqlTypes;

namespace FraudStreams.Storage.Postgres;

/// <summary>Reads the store's tables on connections of its own, from a pool, in transactions that can change nothing.</summary>
sealed class PostgresPaymentReader(PostgresStoreSettings settings, TransactionSchema schema) : IPaymentReader
{
    readonly StoreTables _tables = new(schema, StoreDialect.Postgres, settings.Tables);
    readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(settings.ToConnectionString(pooling: true));

    public Task<IReadOnlyList<StoredPayment>> FindAsync(PaymentFilter filter, int limit, CancellationToken cancellationToken)
    {
        var query = PaymentQuery.Of(schema, _tables, filter, limit, number => $"${number}");
        return ReadAsync(query.Sql, query.Parameters, Row, cancellationToken);
    }

    public Task<IReadOnlyList<ScoredPayment>> LatestScoredAsync(int limit, CancellationToken cancellationToken) => ReadAsync(
        PaymentQuery.Scored(schema, _tables, limit), [],
        row => new ScoredPayment(Milliseconds(row, 0), row.GetDouble(1), row.IsDBNull(2) ? 0 : row.GetDouble(2), row.IsDBNull(3) ? null : row.GetInt64(3) == 1, row.GetInt32(4) == 1),
        cancellationToken);

    public Task<IReadOnlyList<Label>> LabelsOfAsync(string id, CancellationToken cancellationToken) => ReadAsync(
        $"SELECT id, true_value, confirmed_at, confirmed_by FROM {_tables.TableNames.LabelHistory} WHERE id = $1 ORDER BY {StoreTables.LatestFirst}", [id],
        row => new Label(row.GetString(0), row.GetInt16(1) == 1, Milliseconds(row, 2), row.GetString(3)), cancellationToken);

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    static long Milliseconds(NpgsqlDataReader row, int column) => new DateTimeOffset(DateTime.SpecifyKind(row.GetDateTime(column), DateTimeKind.Utc)).ToUnixTimeMilliseconds();

    static NpgsqlParameter Parameter(object value) => value switch
    {
        StoreTime time => new NpgsqlParameter<DateTime>
        {
            TypedValue = DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(
                time.Milliseconds, DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())).UtcDateTime,
            NpgsqlDbType = NpgsqlDbType.TimestampTz,
        },
        double number => new NpgsqlParameter<double> { TypedValue = number },
        _ => new NpgsqlParameter<string> { TypedValue = (string)value },
    };

    StoredPayment Row(NpgsqlDataReader row)
    {
        var fields = new object?[schema.Fields.Length];
        for (var field = 0; field < fields.Length; field++)
        {
            var column = PaymentQuery.FirstField + field;
            fields[field] = row.IsDBNull(column) ? null : schema.Fields[field].Type switch
            {
                FieldType.Text => row.GetString(column),
                FieldType.Number => row.GetDouble(column),
                FieldType.Integer => row.GetInt64(column),
                _ => Milliseconds(row, column),
            };
        }

        return new StoredPayment(
            fields, row.GetDouble(0), row.GetInt16(1) == 1, row.GetString(2), Milliseconds(row, 3), row.IsDBNull(4) ? null : row.GetString(4),
            row.IsDBNull(5) ? null : row.GetInt16(5) == 1, row.IsDBNull(6) ? null : Milliseconds(row, 6), row.IsDBNull(7) ? null : row.GetString(7));
    }

    async Task<IReadOnlyList<T>> ReadAsync<T>(string sql, IEnumerable<object> parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using (var preamble = new NpgsqlCommand($"SET TRANSACTION READ ONLY; {PostgresSession.Needs(settings)}", connection, transaction))
                await preamble.ExecuteNonQueryAsync(cancellationToken);
            await using (var there = new NpgsqlCommand(StoreDialect.Postgres.Exists(_tables.TableNames.LabelHistory), connection, transaction))
            {
                if ((long)(await there.ExecuteScalarAsync(cancellationToken))! == 0)
                    return [];
            }

            await using var select = new NpgsqlCommand(sql, connection, transaction);
            foreach (var parameter in parameters)
                select.Parameters.Add(Parameter(parameter));
            await using var rows = await select.ExecuteReaderAsync(cancellationToken);
            var found = new List<T>();
            while (await rows.ReadAsync(cancellationToken))
                found.Add(read(rows));
            return found;
        }
        catch (Exception e) when (PostgresFault.IsOne(e) && e is not OperationCanceledException)
        {
            throw PostgresFault.ToStoreException("Reading the store", settings, e);
        }
    }
}
