using FraudStreams.Model.Json;
using Npgsql;
using NpgsqlTypes;

namespace FraudStreams.Storage.Postgres;

/// <summary>The commands about the challenger's scores, and about one payment with what both said of it.</summary>
static class PostgresShadow
{
    /// <summary>In the order of ids, so that two stores that write the same payments do not deadlock.</summary>
    public static NpgsqlCommand Insert(NpgsqlConnection connection, StoreTables tables, IReadOnlyList<ShadowScore> scores)
    {
        var command = new NpgsqlCommand(
            $"""
            INSERT INTO {tables.TableNames.Shadow} ({StoreTables.ShadowColumns})
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS arriving ({StoreTables.ShadowColumns}) ORDER BY id, model_version
            ON CONFLICT DO NOTHING
            """,
            connection);
        Add(NpgsqlDbType.Text, score => score.Id);
        Add(NpgsqlDbType.TimestampTz, score => TimeOf(score.EventTime));
        Add(NpgsqlDbType.Text, score => score.ModelVersion);
        Add(NpgsqlDbType.Double, score => score.Score);
        Add(NpgsqlDbType.Smallint, score => (short)(score.Fraud ? 1 : 0));
        Add(NpgsqlDbType.Double, score => score.Threshold);
        Add(NpgsqlDbType.Text, score => score.ChampionVersion);
        Add(NpgsqlDbType.Double, score => score.ChampionScore);
        Add(NpgsqlDbType.Smallint, score => (short)(score.ChampionFraud ? 1 : 0));
        Add(NpgsqlDbType.TimestampTz, score => TimeOf(score.ScoredAt));
        Add(NpgsqlDbType.Text, score => score.Reasons);
        return command;

        void Add<T>(NpgsqlDbType type, Func<ShadowScore, T> value) =>
            command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. scores.Select(value)], NpgsqlDbType = NpgsqlDbType.Array | type });
    }

    public static async Task<StoredDecision?> FindAsync(NpgsqlConnection connection, StoreTables tables, string id, CancellationToken cancellationToken)
    {
        var (decision, shadow) = tables.Find("$1");
        StoredDecision found;
        await using (var select = Select(decision))
        {
            await using var row = await select.ExecuteReaderAsync(cancellationToken);
            if (!await row.ReadAsync(cancellationToken))
                return null;
            found = new StoredDecision(row.GetDouble(0), row.GetInt16(1) == 1, row.GetString(2), MillisecondsOf(row.GetDateTime(3)), MillisecondsOf(row.GetDateTime(4)), []);
        }

        await using var others = Select(shadow);
        await using var rows = await others.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            found = found with
            {
                Shadow = found.Shadow.Add(new ShadowScore(
                    rows.GetString(0), MillisecondsOf(rows.GetDateTime(1)), rows.GetString(2), rows.GetDouble(3), rows.GetInt16(4) == 1, rows.GetDouble(5), rows.GetString(6),
                    rows.GetDouble(7), rows.GetInt16(8) == 1, MillisecondsOf(rows.GetDateTime(9)))
                {
                    Reasons = rows.IsDBNull(10) ? null : rows.GetString(10),
                }),
            };
        }

        return found;

        NpgsqlCommand Select(string sql) => new(sql, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = id } } };
    }

    static long MillisecondsOf(DateTime time) => new DateTimeOffset(time).ToUnixTimeMilliseconds();

    static DateTime TimeOf(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime;
}
