using FraudStreams.Model.Csv;
using FraudStreams.Model.Json;

namespace FraudStreams.Storage;

/// <summary>A payment's position in a store's order: its event time in unix milliseconds, and its id; "" sorts before every id.</summary>
public readonly record struct StoredPosition(long Time, string Id);

/// <summary>
/// The operations that SQLite and PostgreSQL implement differently. One caller at a time. A call that throws has changed nothing and may be retried;
/// <see cref="StoreException"/> gives the reason.
/// </summary>
internal interface IStoreDatabase : IAsyncDisposable
{
    /// <summary>Why this database cannot store a row; null if it can.</summary>
    RejectReason? Refuse(PredictionRows rows, int row);

    /// <summary>Writes the rows in one transaction, each with its known label; returns the counts of the new ones.</summary>
    Task<StoreCounts> WriteAsync(PredictionRows rows, CancellationToken cancellationToken);

    /// <summary>Writes the labels in one transaction, and applies those that are now the latest to their payments' rows.</summary>
    Task<LabelCounts> WriteAsync(IReadOnlyList<Label> labels, CancellationToken cancellationToken);

    /// <summary>Writes the challenger's scores in one transaction, each payment's once; returns how many are new.</summary>
    Task<long> WriteAsync(IReadOnlyList<ShadowScore> scores, CancellationToken cancellationToken);

    /// <summary>What was decided about a payment; null where it is not stored.</summary>
    Task<StoredDecision?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>What is stored of each label, in their order.</summary>
    Task<IReadOnlyList<StoredOfLabel>> FindAsync(IReadOnlyList<Label> labels, CancellationToken cancellationToken);
    Task<StoreCounts> CountAsync(CancellationToken cancellationToken);

    /// <summary>The number of payments that have a label.</summary>
    Task<long> CountConfirmedAsync(CancellationToken cancellationToken);

    /// <summary>Reads the confirmed payments, ordered by event time and id.</summary>
    Task ReadConfirmedAsync(ConfirmedCsvWriter into, Func<Task> afterRow, CancellationToken cancellationToken);

    /// <summary>Reads at limit <paramref name="limit"/> payments after a position and before a time, ordered by event time and id.</summary>
    Task ReadPaymentsAsync(
        StoredRowWriter into, StoredPosition after, long to, int limit, Action<StoredPosition> afterRow, CancellationToken cancellationToken);

    /// <summary>All labels of the history, ordered so that of a payment's labels the last one is in force.</summary>
    Task<IReadOnlyList<Label>> ReadLabelsAsync(CancellationToken cancellationToken);

    /// <summary>What champion and challenger both scored from a time on, by event time.</summary>
    Task<ShadowedPayments> ReadShadowedAsync(string champion, string challenger, long scoredFrom, CancellationToken cancellationToken);

    /// <summary>What a version decided after an event time and up to another, its scores in both places.</summary>
    Task<ShadowedPayments> ReadDecidedAsync(string version, long after, long to, CancellationToken cancellationToken);

    /// <summary>The number of payments with a label, confirmed or the source's own, after an event time and up to another.</summary>
    Task<long> CountLabelledAsync(long after, long to, CancellationToken cancellationToken);

    /// <summary>The latest up to a time; null without payments until then.</summary>
    Task<long?> LatestEventTimeAsync(long to, CancellationToken cancellationToken);

    /// <summary>Takes or renews a lease, in Unix milliseconds; false where another holder has it.</summary>
    Task<bool> TryLeaseAsync(string name, string holder, long now, long until, CancellationToken cancellationToken);

    Task<bool> ReleaseLeaseAsync(string name, string holder, CancellationToken cancellationToken);
}
