using FraudStreams.Model.Schemas;

namespace FraudStreams.Storage;

/// <summary>What the candidate loop asks of the store, the same on both databases. Parameters are in the order in which they are bound.</summary>
sealed class CandidateSql(StoreTables tables, TransactionSchema schema)
{
    readonly string _label = schema.Roles.Label is { } label
        ? $"CASE WHEN payment.true_value IS NULL THEN payment.{StoreColumn.Quote(label)} ELSE payment.true_value END"
        : "payment.true_value";

    readonly string _card = $"payment.{StoreColumn.Quote(schema.Roles.Card ?? schema.Roles.Id)}";
    readonly string _amount = $"CAST(payment.{StoreColumn.Quote(schema.Roles.Amount)} AS double precision)";

    /// <summary>By challenger, champion and a time: what both scored from then on.</summary>
    public string Shadowed => $"""
        SELECT {_card}, shadow.event_time, shadow.champion_score, shadow.champion_prediction, shadow.score, shadow.prediction, {_amount}, {_label},
            CASE WHEN payment.confirmed_at <= shadow.scored_at THEN 1 ELSE 0 END
        FROM {tables.TableNames.Shadow} AS shadow JOIN {tables.TableNames.Transactions} AS payment ON payment.{tables.Id} = shadow.id
        WHERE shadow.model_version = $1 AND shadow.champion_version = $2 AND shadow.scored_at >= $3
        ORDER BY shadow.event_time, shadow.id
        """;

    /// <summary>By version, after an event time and up to another: what the version decided, in the columns of <see cref="Shadowed"/>.</summary>
    public string Decided => $"""
        SELECT {_card}, payment.{tables.Time}, payment.score, payment.prediction, payment.score, payment.prediction, {_amount}, {_label}, 0
        FROM {tables.TableNames.Transactions} AS payment
        WHERE payment.model_version = $1 AND payment.{tables.Time} > $2 AND payment.{tables.Time} <= $3
        """;

    /// <summary>After an event time and up to another: payments with a label.</summary>
    public string CountLabelled =>
        $"SELECT count(*) FROM {tables.TableNames.Transactions} AS payment WHERE payment.{tables.Time} > $1 AND payment.{tables.Time} <= $2 AND ({_label}) IS NOT NULL";

    /// <summary>Up to an event time.</summary>
    public string LatestEventTime => $"SELECT max({tables.Time}) FROM {tables.TableNames.Transactions} WHERE {tables.Time} <= $1";

    /// <summary>By name, holder, end and now, in Unix milliseconds: a row is changed where the lease is the holder's.</summary>
    public string TakeLease => $"""
        INSERT INTO {tables.TableNames.Leases} AS lease (name, holder, ends_at) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, ends_at = excluded.ends_at WHERE lease.holder = excluded.holder OR lease.ends_at < $4
        """;

    /// <summary>By name and holder.</summary>
    public string ReleaseLease => $"DELETE FROM {tables.TableNames.Leases} WHERE name = $1 AND holder = $2";
}
