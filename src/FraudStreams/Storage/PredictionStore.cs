using System.Collections.Immutable;
using FraudStreams.Messaging;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Evaluation.Promotion;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage.Postgres;
using FraudStreams.Storage.Sqlite;
using FraudStreams.Topics;

namespace FraudStreams.Storage;

/// <summary>How many payments a store holds, and how many of them were predicted to be fraud.</summary>
public readonly record struct StoreCounts(long Stored, long PredictedFrauds);

/// <summary>
/// The result of writing labels: new ones, those stored already, and how many of the new ones were applied to their payment; the others wait for it.
/// </summary>
public readonly record struct LabelCounts(long New, long AlreadyThere, long Applied);

/// <summary>What the store has of a label: its payment, and the label itself.</summary>
public readonly record struct StoredOfLabel(bool HasPayment, bool HasLabel);

/// <summary>What was decided about a payment, and what challengers said of it.</summary>
/// <param name="EventTime">In Unix milliseconds.</param>
/// <param name="ScoredAt">In Unix milliseconds.</param>
public sealed record StoredDecision(double Score, bool Fraud, string ModelVersion, long ScoredAt, long EventTime, ImmutableArray<ShadowScore> Shadow);

/// <summary>A record of `predictions` that cannot be read as a prediction, or not be stored.</summary>
public readonly record struct UnreadablePrediction(TopicRecord Record, RejectReason Reason);

/// <summary>The result of writing a batch: new rows, rows stored already, and records that are no predictions of this schema.</summary>
public sealed record StoredBatch(int Stored, int AlreadyThere, ImmutableArray<UnreadablePrediction> Unreadable);

/// <summary>
/// Stores every payment once, with its first prediction and its later label, in SQLite or PostgreSQL. A batch is one transaction, durable when its
/// write returns; writing it again changes nothing. Thread-safe: callers take turns.
/// </summary>
public sealed class PredictionStore : IAsyncDisposable
{
    readonly IStoreDatabase _database;
    readonly PredictionReader _reader;
    readonly PredictionRows _rows;
    readonly TimeProvider _time;
    readonly SemaphoreSlim _turn = new(1);
    readonly CancellationTokenSource _closed = new();

    PredictionStore(IStoreDatabase database, TransactionSchema schema, int longestRecord, TimeProvider time)
    {
        (_database, _time) = (database, time);
        _reader = new PredictionReader(schema, longestRecord);
        _rows = new PredictionRows(schema);
    }

    public TransactionSchema Schema => _reader.Schema;

    /// <summary>
    /// Opens the store in a data folder, and creates the folder, the file and the tables that are missing. If another process holds its lock now, or its disk
    /// is full, opening succeeds and writes fail until they can be done.
    /// </summary>
    /// <exception cref="StoreException">The file cannot be used, is of a newer release, or holds the payments of another schema.</exception>
    public static PredictionStore Open(SqliteStoreSettings settings, TransactionSchema schema, TimeProvider time) =>
        new(SqliteStoreDatabase.Open(settings, schema, time), schema, settings.LongestRecord, time);

    /// <summary>
    /// Opens the store on PostgreSQL, and creates the schema and tables that are missing. If the server cannot be reached now, opening succeeds and
    /// writes fail until it can.
    /// </summary>
    /// <exception cref="StoreException">The server refuses the user, is of a newer release, or holds the payments of another schema.</exception>
    public static PredictionStore Open(PostgresStoreSettings settings, TransactionSchema schema, TimeProvider time) =>
        new(PostgresStoreDatabase.Open(settings, schema, time), schema, settings.LongestRecord, time);

    /// <summary>The counts of a data folder's store, also while another process writes it; zero, and nothing is created, if there is no store.</summary>
    public static StoreCounts ReadCounts(string folder) => SqliteStoreDatabase.ReadCounts(folder);

    /// <summary>The same of a store on PostgreSQL.</summary>
    public static StoreCounts ReadCounts(PostgresStoreSettings settings) => PostgresStoreDatabase.ReadCounts(settings);

    /// <summary>Stores the records that can be read as predictions, in one transaction, and returns those that cannot.</summary>
    /// <exception cref="StoreException">Nothing of the batch was stored, and it can be written again.</exception>
    public Task<StoredBatch> WriteAsync(IReadOnlyList<TopicRecord> records, CancellationToken cancellationToken = default) => InTurnAsync(async token =>
    {
        var unreadable = Read(records);
        var written = await _database.WriteAsync(_rows, token);
        return new StoredBatch((int)written.Stored, _rows.Count - (int)written.Stored, unreadable);
    }, cancellationToken);

    /// <summary>
    /// Stores the labels and applies them, in one transaction: to payments stored already now, to later ones when they are stored. Of several labels of a
    /// payment the latest is in force, in whatever order they arrive.
    /// </summary>
    /// <exception cref="StoreException">Nothing was stored, and the labels can be written again.</exception>
    public Task<LabelCounts> WriteAsync(IReadOnlyList<Label> labels, CancellationToken cancellationToken = default) =>
        InTurnAsync(token => _database.WriteAsync(labels, token), cancellationToken);

    /// <summary>Stores the challenger's scores in one transaction, of each payment and challenger the first; returns how many are new.</summary>
    /// <exception cref="StoreException">Nothing was stored, and the scores can be written again.</exception>
    public Task<long> WriteAsync(IReadOnlyList<ShadowScore> scores, CancellationToken cancellationToken = default) =>
        InTurnAsync(token => _database.WriteAsync(scores, token), cancellationToken);

    /// <summary>What was decided about a payment; null where it is not stored. Changes nothing.</summary>
    public Task<StoredDecision?> FindAsync(string id, CancellationToken cancellationToken = default) => InTurnAsync(token => _database.FindAsync(id, token), cancellationToken);

    /// <summary>What is stored of each label, in their order. Changes nothing.</summary>
    public Task<IReadOnlyList<StoredOfLabel>> FindAsync(IReadOnlyList<Label> labels, CancellationToken cancellationToken = default) =>
        InTurnAsync(token => _database.FindAsync(labels, token), cancellationToken);

    /// <summary>The current counts.</summary>
    public Task<StoreCounts> CountAsync(CancellationToken cancellationToken = default) => InTurnAsync(token => _database.CountAsync(token), cancellationToken);

    /// <summary>The number of payments that have a label.</summary>
    public Task<long> CountConfirmedAsync(CancellationToken cancellationToken = default) => InTurnAsync(_database.CountConfirmedAsync, cancellationToken);

    /// <summary>Writes the confirmed payments as rows of a training file, ordered by event time and id.</summary>
    /// <param name="into">Takes the rows.</param>
    /// <param name="afterRow">Called after each row.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    public Task ReadConfirmedAsync(ConfirmedCsvWriter into, Func<Task> afterRow, CancellationToken cancellationToken) => InTurnAsync(async token =>
    {
        await _database.ReadConfirmedAsync(into, afterRow, token);
        return true;
    }, cancellationToken);

    /// <summary>Writes the next payments, ordered by event time and id.</summary>
    /// <param name="into">Takes the rows.</param>
    /// <param name="after">The position after which they start.</param>
    /// <param name="to">The event time, in unix milliseconds, before which they end.</param>
    /// <param name="limit">The maximum number of rows.</param>
    /// <param name="afterRow">Called after each row.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The position of the last row, to continue after.</returns>
    public Task<StoredPosition> ReadPaymentsAsync(
        StoredRowWriter into, StoredPosition after, long to, int limit, Action afterRow, CancellationToken cancellationToken) => InTurnAsync(async token =>
    {
        var last = after;
        await _database.ReadPaymentsAsync(into, after, to, limit, position =>
        {
            last = position;
            afterRow();
        }, token);
        return last;
    }, cancellationToken);

    /// <summary>All labels of the history, in the order of their confirmation.</summary>
    public Task<IReadOnlyList<Label>> ReadLabelsAsync(CancellationToken cancellationToken) => InTurnAsync(_database.ReadLabelsAsync, cancellationToken);

    /// <summary>What champion and challenger both scored, by event time. Reads all of it in one call: on a store that nobody else waits for.</summary>
    /// <param name="scoredFrom">What the challenger scored before does not count, Unix milliseconds.</param>
    public Task<ShadowedPayments> ReadShadowedAsync(string champion, string challenger, long scoredFrom, CancellationToken cancellationToken) =>
        InTurnAsync(token => _database.ReadShadowedAsync(champion, challenger, scoredFrom, token), cancellationToken);

    /// <summary>What a version decided of the labelled payments after an event time and up to another, Unix milliseconds; its scores stand in both places.</summary>
    public async Task<GatePayment[]> ReadDecidedAsync(string version, long after, long to, CancellationToken cancellationToken) =>
        (await InTurnAsync(token => _database.ReadDecidedAsync(version, after, to, token), cancellationToken)).Payments;

    /// <summary>The number of payments with a label, confirmed or the source's own, after an event time and up to another, Unix milliseconds.</summary>
    public Task<long> CountLabelledAsync(long after, long to, CancellationToken cancellationToken) =>
        InTurnAsync(token => _database.CountLabelledAsync(after, to, token), cancellationToken);

    /// <summary>
    /// The latest event time of the stored payments, Unix milliseconds; null without payments. Those that are dated ahead of the clock do not count: they would make
    /// the label delay of all others be over.
    /// </summary>
    public Task<long?> LatestEventTimeAsync(CancellationToken cancellationToken) =>
        InTurnAsync(token => _database.LatestEventTimeAsync(_time.GetUtcNow().ToUnixTimeMilliseconds(), token), cancellationToken);

    /// <summary>Takes or renews the right to do what only one host may do; false where another holder has it.</summary>
    public Task<bool> TryLeaseAsync(string name, string holder, DateTimeOffset now, TimeSpan time, CancellationToken cancellationToken) =>
        InTurnAsync(token => _database.TryLeaseAsync(name, holder, now.ToUnixTimeMilliseconds(), (now + time).ToUnixTimeMilliseconds(), token), cancellationToken);

    /// <summary>Gives it up.</summary>
    public Task<bool> ReleaseLeaseAsync(string name, string holder, CancellationToken cancellationToken) =>
        InTurnAsync(token => _database.ReleaseLeaseAsync(name, holder, token), cancellationToken);

    /// <summary>Cancels calls that wait for a lock or for their turn; a transaction in progress is finished.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        await _turn.WaitAsync();
        await _database.DisposeAsync();
        _rows.Dispose();
    }

    async Task<T> InTurnAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closed.Token);
        await _turn.WaitAsync(linked.Token);
        try
        {
            return await work(linked.Token);
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
            var reason = _reader.Read(records[i].Value.Span, _rows);
            if (reason is null && (reason = _database.Refuse(_rows, _rows.Count - 1)) is not null) _rows.RemoveLast();
            if (reason is not null) unreadable.Add(new UnreadablePrediction(records[i], reason));
        }

        return unreadable.ToImmutable();
    }
}
