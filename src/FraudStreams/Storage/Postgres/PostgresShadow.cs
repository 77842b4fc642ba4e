using FraudStreams.Model.Json;
using Npgsql;
using NpgsqlTypes;

namespace FraudStreams.Storage.Postgres;

/// <summary>The INSERT of the challenger's scores. In the order of ids, so that two stores that write the same payments do not deadlock.</summary>
static class PostgresShadow
{
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

    static DateTime TimeOf(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime;
}
