using FraudStreams.Model.Csv;
using FraudStreams.Model.Json;

namespace FraudStreams.Storage;

/// <summary>A payment's place in a store's order: its event time in unix milliseconds, and its id; "" is before every id.</summary>
public readonly record struct StoredPosition(long Time, string Id);

/// <summary>
/// What SQLite and PostgreSQL do each in its own way. One caller at a time. A call that throws has changed nothing, and may be made again;
/// <see cref="StoreException"/> says what went wrong.
/// </summary>
internal interface IStoreDatabase : IAsyncDisposable
{
    /// <summary>Why this database cannot hold a row that is a prediction; null where it can.</summary>
    RejectReason? Refuse(PredictionRows rows, int row);

    /// <summary>Writes the rows in one transaction, each with the label that is known for it; returns what of them is new.</summary>
    Task<StoreCounts> WriteAsync(PredictionRows rows, CancellationToken ct);

    /// <summary>Writes the labels in one transaction, and those that are now the latest into their payments' rows.</summary>
    Task<LabelCounts> WriteAsync(IReadOnlyList<Label> labels, CancellationToken ct);

    Task<StoreCounts> CountAsync(CancellationToken ct);

    /// <summary>How many payments have a label.</summary>
    Task<long> CountConfirmedAsync(CancellationToken ct);

    /// <summary>Confirmed payments in the order of their times, and of their ids within one.</summary>
    Task ReadConfirmedAsync(ConfirmedCsvWriter into, Func<Task> afterRow, CancellationToken ct);

    /// <summary>Payments behind a place in the order of their times, and of their ids within one, before a time, and at most so many.</summary>
    Task ReadPaymentsAsync(StoredRowWriter into, StoredPosition after, long to, int most, Action<StoredPosition> afterRow, CancellationToken ct);

    /// <summary>All labels that ever came, so that of a payment's labels the one that holds is the last.</summary>
    Task<IReadOnlyList<Label>> ReadLabelsAsync(CancellationToken ct);
}
