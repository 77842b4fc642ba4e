using FraudStreams.Model.Schemas;
using Npgsql;
using NpgsqlTypes;

namespace FraudStreams.Storage.Postgres;

/// <summary>What the candidate loop asks of the store on PostgreSQL.</summary>
sealed class PostgresCandidates(NpgsqlConnection connection, StoreTables tables, TransactionSchema schema)
{
    readonly CandidateSql _sql = new(tables, schema);

    public async Task<ShadowedPayments> ReadShadowedAsync(string champion, string challenger, long scoredFrom, CancellationToken cancellationToken)
    {
        await using var select = Command(_sql.Shadowed, challenger, champion, PostgresStoreWriter.TimeOf(scoredFrom));
        return await ReadAsync(select, cancellationToken);
    }

    public async Task<ShadowedPayments> ReadDecidedAsync(string version, long after, long to, CancellationToken cancellationToken)
    {
        await using var select = Command(_sql.Decided, version, PostgresStoreWriter.TimeOf(after), PostgresStoreWriter.TimeOf(to));
        return await ReadAsync(select, cancellationToken);
    }

    public async Task<long> CountLabelledAsync(long after, long to, CancellationToken cancellationToken)
    {
        await using var count = Command(_sql.CountLabelled, PostgresStoreWriter.TimeOf(after), PostgresStoreWriter.TimeOf(to));
        count.CommandTimeout = 0;
        return (long)(await count.ExecuteScalarAsync(cancellationToken))!;
    }

    public async Task<long?> LatestEventTimeAsync(long to, CancellationToken cancellationToken)
    {
        await using var latest = Command(_sql.LatestEventTime, PostgresStoreWriter.TimeOf(to));
        return await latest.ExecuteScalarAsync(cancellationToken) is DateTime time ? PostgresStoreWriter.MillisecondsOf(time) : null;
    }

    public async Task<bool> TryLeaseAsync(string name, string holder, long now, long until, CancellationToken cancellationToken)
    {
        await using var take = Command(_sql.TakeLease, name, holder, until, now);
        return await take.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    public async Task<bool> ReleaseLeaseAsync(string name, string holder, CancellationToken cancellationToken)
    {
        await using var release = Command(_sql.ReleaseLease, name, holder);
        return await release.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    NpgsqlCommand Command(string sql, params ReadOnlySpan<object> parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in parameters)
        {
            command.Parameters.Add(value switch
            {
                DateTime time => new NpgsqlParameter<DateTime> { TypedValue = time, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                long number => new NpgsqlParameter<long> { TypedValue = number },
                _ => new NpgsqlParameter<string> { TypedValue = (string)value },
            });
        }

        return command;
    }

    static async Task<ShadowedPayments> ReadAsync(NpgsqlCommand select, CancellationToken cancellationToken)
    {
        select.CommandTimeout = 0;
        var reading = new ShadowedReading();
        await using var rows = await select.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            reading.Add(
                rows.IsDBNull(0) ? "" : rows.GetString(0), PostgresStoreWriter.MillisecondsOf(rows.GetDateTime(1)), rows.GetDouble(2), rows.GetInt16(3) == 1, rows.GetDouble(4),
                rows.GetInt16(5) == 1, rows.IsDBNull(6) ? null : rows.GetDouble(6), rows.IsDBNull(7) ? null : Convert.ToInt64(rows.GetValue(7)), rows.GetInt32(8) == 1);
        }

        return reading.Build();
    }
}
