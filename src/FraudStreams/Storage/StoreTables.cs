using System.Collections.Immutable;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Storage;

/// <summary>
/// The store's tables, the same on both databases. `transactions` has a typed column for every field of the schema, in its order, and then
/// what is known of the payment beside it: the source's label keeps its own column, what is confirmed goes to true_value, and as_written
/// holds the characters of values that their type and format would not give back. `label_history` has every label that ever came; the
/// latest of a payment is the one in its row.
/// </summary>
/// <remarks>
/// They are made and changed by numbered steps, which `store_steps` notes. A step that was released is never changed: a new one follows it.
/// Rows lie in the order they came, beside a unique index on the id: with the id as the table's own key every row would be written to a
/// random place.
/// </remarks>
internal sealed class StoreTables
{
    /// <summary>How many steps there are: the format of this release.</summary>
    public const int StepCount = 2;

    /// <summary>The label that holds: the latest. Of two of one moment it is the same one on every database, in whatever order they came.</summary>
    public const string LatestFirst = "confirmed_at DESC, confirmed_by DESC, true_value DESC";

    /// <summary>The same the other way round, over all payments.</summary>
    public const string LatestLast = "confirmed_at, confirmed_by, true_value";

    readonly TransactionSchema _schema;
    readonly StoreDialect _dialect;
    readonly ImmutableArray<string> _steps;

    public StoreTables(TransactionSchema schema, StoreDialect dialect, StoreTableNames called)
    {
        _schema = schema;
        _dialect = dialect;
        Called = called;
        Fields = [.. schema.Fields.Select(field => new StoreColumn(field.Name, dialect.TypeOf(field.Type)))];
        Written =
        [
            .. Fields, new("score", dialect.Number), new("prediction", dialect.Flag), new("model_version", dialect.Text), new("scored_at", dialect.Time),
            new("as_written", dialect.Text),
        ];
        All = [.. Written, new("true_value", dialect.Flag), new("confirmed_at", dialect.Time), new("confirmed_by", dialect.Text)];
        Id = StoreColumn.Quote(schema.Roles.Id);
        Time = StoreColumn.Quote(schema.Roles.Time);
        _steps = [Payments(), Labels()];
    }

    public StoreTableNames Called { get; }

    /// <summary>The schema's columns.</summary>
    public ImmutableArray<StoreColumn> Fields { get; }

    /// <summary>The columns that are written with a payment.</summary>
    public ImmutableArray<StoreColumn> Written { get; }

    /// <summary>The columns of `transactions`, in no particular order.</summary>
    public ImmutableArray<StoreColumn> All { get; }

    /// <summary>The id's column, quoted.</summary>
    public string Id { get; }

    /// <summary>The event time's column, quoted.</summary>
    public string Time { get; }

    public static string Names(IEnumerable<StoreColumn> columns) => string.Join(", ", columns.Select(column => StoreColumn.Quote(column.Name)));

    /// <summary>
    /// Makes the tables, or takes them from where an older release left them to where this one wants them. Called in a transaction that keeps
    /// others out; what throws in here leaves the store as it was.
    /// </summary>
    /// <exception cref="StoreException">A newer release has been here, or the tables are of another schema.</exception>
    public void Upgrade(IStoreConnection connection, DateTimeOffset now)
    {
        var applied = 0L;
        if (connection.QueryLong(_dialect.Exists(Called.Steps)) == 0)
            connection.Execute($"CREATE TABLE {Called.Steps} (number INTEGER PRIMARY KEY, applied_at {_dialect.Time} NOT NULL)");
        else
            applied = connection.QueryLong($"SELECT coalesce(max(number), 0) FROM {Called.Steps}");
        CheckVersion(connection.Place, applied);
        if (applied == 0 && connection.QueryLong(_dialect.Exists(Called.Transactions)) > 0)
        {
            if (!connection.IsFirstRelease)
                throw new StoreException($"{connection.Place} has a table transactions that is not FraudStreams' store; choose another place for the store.");
            applied = 1;
            connection.NoteStep(1, now);
        }

        for (var step = (int)applied; step < _steps.Length; step++)
        {
            connection.Execute(_steps[step]);
            connection.NoteStep(step + 1, now);
        }

        CheckColumns(connection);
    }

    /// <summary>Refuses a store that a newer release has changed.</summary>
    public static void CheckVersion(string place, long applied)
    {
        if (applied <= StepCount) return;
        throw new StoreException(
            $"{place} was written by a newer FraudStreams (format {applied}; this one reads up to {StepCount}). Use that version, or another place for the store.");
    }

    /// <summary>Step 1: payments with their first prediction.</summary>
    string Payments()
    {
        StoreColumn[] columns =
        [
            .. Fields, new("score", _dialect.Number), new("prediction", _dialect.Flag), new("model_version", _dialect.Text),
            new("scored_at", _dialect.Time), new("true_value", _dialect.Flag),
        ];
        var byCard = _schema.Roles.Card is { } card ? $"CREATE INDEX transactions_by_card ON {Called.Transactions} ({StoreColumn.Quote(card)}, {Time});" : "";
        return $"""
            CREATE TABLE {Called.Transactions} (
                {string.Join(",\n    ", columns.Select(_dialect.Declare))}
            );
            CREATE UNIQUE INDEX transactions_by_id ON {Called.Transactions} ({Id});
            CREATE INDEX transactions_by_time ON {Called.Transactions} ({Time});
            CREATE INDEX transactions_predicted_fraud ON {Called.Transactions} ({Time}) WHERE prediction = 1;
            {byCard}
            """;
    }

    /// <summary>Step 2: what is confirmed later, and what values looked like.</summary>
    string Labels() => $"""
        ALTER TABLE {Called.Transactions} ADD COLUMN confirmed_at {_dialect.Time};
        ALTER TABLE {Called.Transactions} ADD COLUMN confirmed_by {_dialect.Text}{_dialect.Collation};
        ALTER TABLE {Called.Transactions} ADD COLUMN as_written {_dialect.Text}{_dialect.Collation};
        CREATE INDEX transactions_confirmed ON {Called.Transactions} ({Time}) WHERE true_value IS NOT NULL;
        CREATE TABLE {Called.LabelHistory} (
            id {_dialect.Text}{_dialect.Collation} NOT NULL,
            confirmed_at {_dialect.Time} NOT NULL,
            confirmed_by {_dialect.Text}{_dialect.Collation} NOT NULL,
            true_value {_dialect.Flag} NOT NULL,
            PRIMARY KEY (id, confirmed_at, confirmed_by, true_value)
        );
        """;

    void CheckColumns(IStoreConnection connection)
    {
        var found = connection.ColumnsOfTransactions();
        var differences = All.Except(found).Select(column => $"it lacks {column.Name} {column.Type}")
            .Concat(found.Except(All).Select(column => $"it has {column.Name} {column.Type}"))
            .ToList();
        if (differences.Count == 0) return;
        throw new StoreException(
            $"{connection.Place} holds the payments of another schema than {_schema.Name}: {string.Join("; ", differences)}. "
            + "Use the schema it was made with, or another place for the store.");
    }
}

/// <summary>An open connection, as far as the steps need one.</summary>
internal interface IStoreConnection
{
    /// <summary>The file or database, for messages.</summary>
    string Place { get; }

    /// <summary>Whether a store without `store_steps` is one of the first release, which noted its version elsewhere.</summary>
    bool IsFirstRelease { get; }

    void Execute(string sql);

    long QueryLong(string sql);

    IReadOnlyCollection<StoreColumn> ColumnsOfTransactions();

    void NoteStep(int number, DateTimeOffset now);
}
