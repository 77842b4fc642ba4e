using System.Collections.Immutable;
using FraudStreams.Messaging;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage.Postgres;
using FraudStreams.Storage.Sqlite;
using FraudStreams.Topics;

namespace FraudStreams.Storage;

/// <summary>How many payments a store holds, and how many of them were predicted to be fraud.</summary>
public readonly record struct StoreCounts(long Stored, long PredictedFrauds);

/// <summary>
/// What became of labels: new ones, those that were there already, and how many of the new ones found their payment; the others wait for it.
/// </summary>
public readonly record struct LabelCounts(long New, long AlreadyThere, long Applied);

/// <summary>A record of `predictions` that is none.</summary>
public readonly record struct UnreadablePrediction(TopicRecord Record, RejectReason Reason);

/// <summary>What became of a batch: rows that are new, rows that were there already, and records that are no predictions of this schema.</summary>
public sealed record StoredBatch(int Stored, int AlreadyThere, ImmutableArray<UnreadablePrediction> Unreadable);

/// <summary>
/// Every payment once, with its first prediction and what was later confirmed of it, in SQLite or PostgreSQL. A batch is one transaction,
/// durable when its write returns; writing it again changes nothing. Any number of callers may write: they take turns.
/// </summary>
public sealed class PredictionStore : IAsyncDisposable
{
    readonly IStoreDatabase _database;
    readonly PredictionReader _reader;
    readonly PredictionRows _rows;
    readonly SemaphoreSlim _turn = new(1);
    readonly CancellationTokenSource _closed = new();

    PredictionStore(IStoreDatabase database, TransactionSchema schema, int longestRecord)
    {
        _database = database;
        _reader = new PredictionReader(schema, longestRecord);
        _rows = new PredictionRows(schema);
    }

    public TransactionSchema Schema => _reader.Schema;

    /// <summary>Opens the store in a data folder, making folder, file and tables where they are missing.</summary>
    /// <exception cref="StoreException">The file cannot be used, is of a newer release, or holds the payments of another schema.</exception>
    public static PredictionStore Open(SqliteStoreSettings settings, TransactionSchema schema, TimeProvider time) =>
        new(SqliteStoreDatabase.Open(settings, schema, time), schema, settings.LongestRecord);

    /// <summary>
    /// Opens the store on PostgreSQL, making schema and tables where they are missing. A server that cannot be reached now is no reason to fail:
    /// the writes will, until it can.
    /// </summary>
    /// <exception cref="StoreException">The server refuses the user, is of a newer release, or holds the payments of another schema.</exception>
    public static PredictionStore Open(PostgresStoreSettings settings, TransactionSchema schema, TimeProvider time) =>
        new(PostgresStoreDatabase.Open(settings, schema, time), schema, settings.LongestRecord);

    /// <summary>What a data folder's store holds, also while another process writes it; nothing where there is none, and then none is made.</summary>
    public static StoreCounts ReadCounts(string folder) => SqliteStoreDatabase.ReadCounts(folder);

    /// <summary>The same of a store on PostgreSQL.</summary>
    public static StoreCounts ReadCounts(PostgresStoreSettings settings) => PostgresStoreDatabase.ReadCounts(settings);

    /// <summary>Stores what of the records can be read as predictions, in one transaction, and says what could not.</summary>
    /// <exception cref="StoreException">Nothing of the batch was stored, and it can be written again.</exception>
    public Task<StoredBatch> WriteAsync(IReadOnlyList<TopicRecord> records, CancellationToken cancellationToken = default) => InTurnAsync(async ct =>
    {
        var unreadable = Read(records);
        var written = await _database.WriteAsync(_rows, ct);
        return new StoredBatch((int)written.Stored, _rows.Count - (int)written.Stored, unreadable);
    }, cancellationToken);

    /// <summary>
    /// Keeps the labels and applies them, in one transaction: to payments that are there now, and to those that come when they do. Of several
    /// labels of a payment the latest holds, whichever came first.
    /// </summary>
    /// <exception cref="StoreException">Nothing was kept, and the labels can be written again.</exception>
    public Task<LabelCounts> WriteAsync(IReadOnlyList<Label> labels, CancellationToken cancellationToken = default) =>
        InTurnAsync(ct => _database.WriteAsync(labels, ct), cancellationToken);

    /// <summary>What is stored now.</summary>
    public Task<StoreCounts> CountAsync(CancellationToken cancellationToken = default) => InTurnAsync(ct => _database.CountAsync(ct), cancellationToken);

    /// <summary>How many payments have a label.</summary>
    public Task<long> CountConfirmedAsync(CancellationToken cancellationToken = default) => InTurnAsync(_database.CountConfirmedAsync, cancellationToken);

    /// <summary>Writes the confirmed payments as rows of a training file, in the order of their times.</summary>
    /// <param name="into">Takes the rows.</param>
    /// <param name="afterRow">Called after each row.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public Task ReadConfirmedAsync(ConfirmedCsvWriter into, Func<Task> afterRow, CancellationToken cancellationToken) => InTurnAsync(async ct =>
    {
        await _database.ReadConfirmedAsync(into, afterRow, ct);
        return true;
    }, cancellationToken);

    /// <summary>Writes the next payments in the order of their times, and of their ids within one.</summary>
    /// <param name="into">Takes the rows.</param>
    /// <param name="after">Behind which they stand.</param>
    /// <param name="to">Event time, in unix milliseconds, before which they end.</param>
    /// <param name="most">How many rows at most.</param>
    /// <param name="afterRow">Called after each row.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>The place of the last, to go on behind.</returns>
    public Task<StoredPosition> ReadPaymentsAsync(
        StoredRowWriter into, StoredPosition after, long to, int most, Action afterRow, CancellationToken cancellationToken) => InTurnAsync(async ct =>
    {
        var last = after;
        await _database.ReadPaymentsAsync(into, after, to, most, place =>
        {
            last = place;
            afterRow();
        }, ct);
        return last;
    }, cancellationToken);

    /// <summary>All labels that ever came, in the order in which they became known.</summary>
    public Task<IReadOnlyList<Label>> ReadLabelsAsync(CancellationToken cancellationToken) => InTurnAsync(_database.ReadLabelsAsync, cancellationToken);

    /// <summary>Whoever waits for a lock or for a turn gives up; a transaction under way is finished.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        await _turn.WaitAsync();
        await _database.DisposeAsync();
        _rows.Dispose();
    }

    async Task<T> InTurnAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closed.Token);
        await _turn.WaitAsync(either.Token);
        try
        {
            return await work(either.Token);
        }
        finally
        {
            _turn.Release();
        }
    }

    ImmutableArray<UnreadablePrediction> Read(IReadOnlyList<TopicRecord> records)
    {
        _rows.Clear();
        var unreadable = ImmutableArray.CreateBuilder<UnreadablePrediction>(0);
        for (var i = 0; i < records.Count; i++)
        {
            var reason = _reader.TryRead(records[i].Value.Span, _rows);
            if (reason is null && (reason = _database.Refuse(_rows, _rows.Count - 1)) is not null) _rows.RemoveLast();
            if (reason is not null) unreadable.Add(new UnreadablePrediction(records[i], reason));
        }

        return unreadable.ToImmutable();
    }
}
