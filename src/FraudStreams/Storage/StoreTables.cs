using System.Collections.Immutable;
using FraudStreams.Configuration;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Storage;

/// <summary>
/// The store's tables, the same on both databases. `transactions` has a typed column for every field of the schema, in its order, followed by the
/// prediction and the label: the source's own label keeps its column, the confirmed label goes to true_value, and as_written holds the original
/// characters of values that their type and format would not reproduce, reasons the JSON
/// array of a predicted fraud. `label_history` has every label that ever arrived; the latest of a payment is
/// the one in its row. `shadow` has what challengers said of payments, beside what the champion decided, and `leases` which host
/// does what only one may do.
/// </summary>
/// <remarks>
/// The tables are created and migrated by numbered steps, recorded in `store_steps`. A released step is never changed: a new one follows it. Rows are in
/// insertion order, beside a unique index on the id: with the id as the table's own key every row would be written to a random page.
/// </remarks>
internal sealed class StoreTables
{
    /// <summary>The number of migration steps: the format of this release.</summary>
    public const int StepCount = 6;

    /// <summary>The label in force, the latest, comes first. Ties are broken alike on every database, in whatever order the labels arrived.</summary>
    public const string LatestFirst = "confirmed_at DESC, confirmed_by DESC, true_value DESC";

    /// <summary>The reverse order, over all payments.</summary>
    public const string LatestLast = "confirmed_at, confirmed_by, true_value";

    /// <summary>Scores from here on are so few that those who look for them read an index of their own.</summary>
    public const string HighScore = "0.1";

    readonly TransactionSchema _schema;
    readonly StoreDialect _dialect;
    readonly ImmutableArray<string> _steps;

    public StoreTables(TransactionSchema schema, StoreDialect dialect, StoreTableNames tableNames)
    {
        _schema = schema;
        _dialect = dialect;
        TableNames = tableNames;
        Fields = [.. schema.Fields.Select(field => new StoreColumn(field.Name, dialect.TypeOf(field.Type)))];
        Written =
        [
            .. Fields, new("score", dialect.Number), new("prediction", dialect.Flag), new("model_version", dialect.Text), new("scored_at", dialect.Time),
            new("as_written", dialect.Text), new("reasons", dialect.Text),
        ];
        All = [.. Written, new("true_value", dialect.Flag), new("confirmed_at", dialect.Time), new("confirmed_by", dialect.Text)];
        Id = StoreColumn.Quote(schema.Roles.Id);
        Time = StoreColumn.Quote(schema.Roles.Time);
        _steps = [Payments(), Labels(), Reasons(), Shadow(), Leases(), Searches()];
    }

    public StoreTableNames TableNames { get; }

    /// <summary>The schema's columns.</summary>
    public ImmutableArray<StoreColumn> Fields { get; }

    /// <summary>The columns that are written with a payment.</summary>
    public ImmutableArray<StoreColumn> Written { get; }

    /// <summary>The columns of `shadow`, in their order.</summary>
    public const string ShadowColumns = "id, event_time, model_version, score, prediction, threshold, champion_version, champion_score, champion_prediction, scored_at, reasons";

    /// <summary>The columns of `transactions`, in no particular order.</summary>
    public ImmutableArray<StoreColumn> All { get; }

    /// <summary>The quoted name of the id's column.</summary>
    public string Id { get; }

    /// <summary>The quoted name of the event time's column.</summary>
    public string Time { get; }

    /// <summary>The query of what was decided about a payment, and that of what challengers said of it; each takes the id.</summary>
    public (string Decision, string Shadow) Find(string id) => (
        $"SELECT score, prediction, model_version, scored_at, {Time} FROM {TableNames.Transactions} WHERE {Id} = {id}",
        $"SELECT {ShadowColumns} FROM {TableNames.Shadow} WHERE id = {id} ORDER BY scored_at, model_version");

    public static string Names(IEnumerable<StoreColumn> columns) => string.Join(", ", columns.Select(column => StoreColumn.Quote(column.Name)));

    /// <summary>
    /// Creates the tables, or migrates those of an older release to this one. TableNames in an exclusive transaction; an exception leaves the store
    /// unchanged.
    /// </summary>
    /// <exception cref="StoreException">The tables are of a newer release or of another schema.</exception>
    public void Upgrade(IStoreConnection connection, DateTimeOffset now)
    {
        var applied = 0L;
        if (connection.QueryLong(_dialect.Exists(TableNames.Steps)) == 0)
            connection.Execute($"CREATE TABLE {TableNames.Steps} (number INTEGER PRIMARY KEY, applied_at {_dialect.Time} NOT NULL)");
        else
            applied = connection.QueryLong($"SELECT coalesce(max(number), 0) FROM {TableNames.Steps}");
        CheckVersion(connection.Location, applied);
        if (applied == 0 && connection.QueryLong(_dialect.Exists(TableNames.Transactions)) > 0)
        {
            if (!connection.IsFirstRelease)
            {
                throw new StoreException(
                    $"{connection.Location} has a table transactions that is not FraudStreams' store; choose another location for the store.");
            }

            applied = 1;
            connection.RecordStep(1, now);
        }

        for (var step = (int)applied; step < _steps.Length; step++)
        {
            connection.Execute(_steps[step]);
            connection.RecordStep(step + 1, now);
        }

        CheckColumns(connection);
    }

    /// <summary>Refuses a store of a newer release.</summary>
    public static void CheckVersion(string location, long applied)
    {
        if (applied <= StepCount) return;
        throw new StoreException(
            $"{location} was written by a newer FraudStreams (format {applied}; this one reads up to {StepCount}). "
            + "Use that version, or another location for the store.");
    }

    /// <summary>Step 1: payments with their first prediction.</summary>
    string Payments()
    {
        StoreColumn[] columns =
        [
            .. Fields, new("score", _dialect.Number), new("prediction", _dialect.Flag), new("model_version", _dialect.Text),
            new("scored_at", _dialect.Time), new("true_value", _dialect.Flag),
        ];
        var byCard = _schema.Roles.Card is { } card
            ? $"CREATE INDEX transactions_by_card ON {TableNames.Transactions} ({StoreColumn.Quote(card)}, {Time});"
            : "";
        return $"""
            CREATE TABLE {TableNames.Transactions} (
                {string.Join(",\n    ", columns.Select(_dialect.Declare))}
            );
            CREATE UNIQUE INDEX transactions_by_id ON {TableNames.Transactions} ({Id});
            CREATE INDEX transactions_by_time ON {TableNames.Transactions} ({Time});
            CREATE INDEX transactions_predicted_fraud ON {TableNames.Transactions} ({Time}) WHERE prediction = 1;
            {byCard}
            """;
    }

    /// <summary>Step 2: confirmed labels, and the original characters of values.</summary>
    string Labels() => $"""
        ALTER TABLE {TableNames.Transactions} ADD COLUMN confirmed_at {_dialect.Time};
        ALTER TABLE {TableNames.Transactions} ADD COLUMN confirmed_by {_dialect.Text}{_dialect.Collation};
        ALTER TABLE {TableNames.Transactions} ADD COLUMN as_written {_dialect.Text}{_dialect.Collation};
        CREATE INDEX transactions_confirmed ON {TableNames.Transactions} ({Time}) WHERE true_value IS NOT NULL;
        CREATE TABLE {TableNames.LabelHistory} (
            id {_dialect.Text}{_dialect.Collation} NOT NULL,
            confirmed_at {_dialect.Time} NOT NULL,
            confirmed_by {_dialect.Text}{_dialect.Collation} NOT NULL,
            true_value {_dialect.Flag} NOT NULL,
            PRIMARY KEY (id, confirmed_at, confirmed_by, true_value)
        );
        """;

    /// <summary>Step 3: the reasons of predicted frauds.</summary>
    string Reasons() => $"ALTER TABLE {TableNames.Transactions} ADD COLUMN reasons {_dialect.Text}{_dialect.Collation}";

    /// <summary>Step 4: the challenger's scores. A payment that is scored again after a kill has the same ones.</summary>
    string Shadow() => $"""
        CREATE TABLE {TableNames.Shadow} (
            id {_dialect.Text}{_dialect.Collation} NOT NULL,
            event_time {_dialect.Time} NOT NULL,
            model_version {_dialect.Text}{_dialect.Collation} NOT NULL,
            score {_dialect.Number} NOT NULL,
            prediction {_dialect.Flag} NOT NULL,
            threshold {_dialect.Number} NOT NULL,
            champion_version {_dialect.Text}{_dialect.Collation} NOT NULL,
            champion_score {_dialect.Number} NOT NULL,
            champion_prediction {_dialect.Flag} NOT NULL,
            scored_at {_dialect.Time} NOT NULL,
            reasons {_dialect.Text}{_dialect.Collation}
        );
        CREATE UNIQUE INDEX shadow_by_id ON {TableNames.Shadow} (id, model_version);
        CREATE INDEX shadow_by_version ON {TableNames.Shadow} (model_version, event_time);
        """;

    /// <summary>Step 5: which host does what only one may do.</summary>
    string Leases() => $"""
        CREATE TABLE {TableNames.Leases} (
            name {_dialect.Text}{_dialect.Collation} PRIMARY KEY,
            holder {_dialect.Text}{_dialect.Collation} NOT NULL,
            ends_at {_dialect.Whole} NOT NULL
        )
        """;

    /// <summary>Step 6: what people search by, in the order of the answer. A merchant's alerts are found without its other payments' rows.</summary>
    string Searches()
    {
        var byEnding = _schema.Roles.Card is { } card
            ? $"CREATE INDEX transactions_by_card_ending ON {TableNames.Transactions} ({_dialect.LastFour(StoreColumn.Quote(card))}, {Time});"
            : "";
        var byMerchant = _schema.Roles.Merchant is { } merchant
            ? $"CREATE INDEX transactions_by_merchant ON {TableNames.Transactions} ({_dialect.Indexed(StoreColumn.Quote(merchant))}, {Time}, prediction);"
            : "";
        return $"""
            CREATE INDEX transactions_by_high_score ON {TableNames.Transactions} ({Time}, score) WHERE score >= {HighScore};
            {byEnding}
            {byMerchant}
            """;
    }

    /// <summary>The last four characters of the card, as its index has them.</summary>
    public string CardEnding => _dialect.LastFour(StoreColumn.Quote(_schema.Roles.Card!));

    /// <summary>The condition that a payment is a merchant's, as its index finds it.</summary>
    /// <param name="parameter">Whose value is the merchant.</param>
    public string IsOfMerchant(string parameter, string merchant)
    {
        var column = StoreColumn.Quote(_schema.Roles.Merchant!);
        var isFound = $"{_dialect.Indexed(column)} = {_dialect.Indexed(parameter)}";

        // Said twice of the same payments, PostgreSQL takes it for two conditions, expects hardly any payments, and reads all of them to put them in order.
        return merchant.Length < StoreDialect.LeastIndexed ? isFound : $"{isFound} AND {column} = {parameter}";
    }

    void CheckColumns(IStoreConnection connection)
    {
        var found = connection.ColumnsOfTransactions();
        var differences = All.Except(found).Select(column => $"it lacks {column.Name} {column.Type}")
            .Concat(found.Except(All).Select(column => $"it has {column.Name} {column.Type}"))
            .ToList();
        if (differences.Count == 0) return;
        var owner = SchemaFile.Find(known => new StoreTables(known, _dialect, TableNames).All.ToHashSet().SetEquals(found))?.Name;
        throw new StoreException(
            $"{connection.Location} holds the payments of another schema than {_schema.Name}{(owner is null ? "" : $", of {owner}")}: {string.Join("; ", differences)}. "
            + $"Use the schema it was created with{(owner is null ? "" : $" (--schema {owner})")}, or another location for the store.");
    }
}

/// <summary>What the migration steps need of an open connection.</summary>
internal interface IStoreConnection
{
    /// <summary>The file or database, for messages.</summary>
    string Location { get; }

    /// <summary>Whether a store without `store_steps` is one of the first release, which recorded its version elsewhere.</summary>
    bool IsFirstRelease { get; }

    void Execute(string sql);

    long QueryLong(string sql);

    IReadOnlyCollection<StoreColumn> ColumnsOfTransactions();

    void RecordStep(int number, DateTimeOffset now);
}
