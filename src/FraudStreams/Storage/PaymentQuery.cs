using System.Globalization;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Storage;

/// <summary>The SQL of a search and its parameters, the same on both databases but for how a parameter is written.</summary>
sealed class PaymentQuery
{
    readonly List<object> _parameters = [];

    PaymentQuery(TransactionSchema schema, StoreTables tables, PaymentFilter filter, int limit, Func<int, string> parameter)
    {
        var conditions = new List<string>();
        if (filter.Id is { } id)
            conditions.Add($"{tables.Id} = {Next(id)}");
        if (filter.Key is { } key)
            conditions.Add($"{StoreColumn.Quote(schema.Fields[schema.KeyField].Name)} = {Next(key)}");
        if (filter.CardEnding is { } ending)
            conditions.Add(schema.Roles.Card is not null ? $"{tables.CardEnding} = {Next(ending)}" : "1 = 0");
        if (filter.Merchant is { } merchant)
            conditions.Add(schema.Roles.Merchant is not null ? tables.IsOfMerchant(Next(merchant), merchant) : "1 = 0");
        if (filter.From is { } from)
            conditions.Add($"{tables.Time} >= {Next(new StoreTime(from))}");
        if (filter.To is { } to)
            conditions.Add($"{tables.Time} < {Next(new StoreTime(to))}");
        if (filter.MinScore is { } min)
        {
            conditions.Add($"score >= {Next(min)}");
            if (min >= double.Parse(StoreTables.HighScore, CultureInfo.InvariantCulture))
                conditions.Add($"score >= {StoreTables.HighScore}");
        }

        if (filter.MaxScore is { } max)
            conditions.Add($"score <= {Next(max)}");
        if (filter.IsFraud is { } fraud)
            conditions.Add($"prediction = {(fraud ? 1 : 0)}");
        if (filter.Before is { } before)
        {
            var time = Next(new StoreTime(before.Time));

            // The first condition alone follows from the second: it is the one that an index ends with, however deep the page is.
            conditions.Add($"{tables.Time} <= {time} AND ({tables.Time} < {time} OR {tables.Id} < {Next(before.Id)})");
        }

        Sql = $"""
            SELECT score, prediction, model_version, scored_at, reasons, true_value, confirmed_at, confirmed_by, {StoreTables.Names(tables.Fields)}
            FROM {tables.TableNames.Transactions} {(conditions.Count == 0 ? "" : $"WHERE {string.Join(" AND ", conditions)}")}
            ORDER BY {tables.Time} DESC, {tables.Id} DESC LIMIT {limit.ToString(CultureInfo.InvariantCulture)}
            """;

        string Next(object value)
        {
            _parameters.Add(value);
            return parameter(_parameters.Count);
        }
    }

    /// <summary>The latest payments as <see cref="ScoredPayment"/> has them.</summary>
    public static string Scored(TransactionSchema schema, StoreTables tables, int limit)
    {
        var label = schema.Roles.Label is { } field ? StoreColumn.Quote(field) : "NULL";
        return $"""
            SELECT {tables.Time}, score, CAST({StoreColumn.Quote(schema.Roles.Amount)} AS double precision), CASE WHEN true_value IS NULL THEN {label} ELSE true_value END, CASE WHEN true_value IS NULL THEN 0 ELSE 1 END
            FROM {tables.TableNames.Transactions} ORDER BY {tables.Time} DESC LIMIT {limit.ToString(CultureInfo.InvariantCulture)}
            """;
    }

    /// <summary>Columns of the answer before the schema's fields.</summary>
    public const int FirstField = 8;

    public string Sql { get; }

    /// <summary>string, double or <see cref="StoreTime"/>, from the first parameter on.</summary>
    public IReadOnlyList<object> Parameters => _parameters;

    /// <param name="parameter">How a parameter is written, by its number from 1.</param>
    public static PaymentQuery Of(TransactionSchema schema, StoreTables tables, PaymentFilter filter, int limit, Func<int, string> parameter) =>
        new(schema, tables, filter, limit, parameter);
}

/// <summary>A time as a parameter, in Unix milliseconds.</summary>
readonly record struct StoreTime(long Milliseconds);
