using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.ModelOps;

/// <summary>Past payments that can be read from the beginning any number of times, in the same order.</summary>
interface IHistory
{
    TransactionSchema Schema { get; }

    /// <summary>Its name in messages, such as the file's name.</summary>
    string Name { get; }

    /// <summary>The header of the file that it is, as it is written there; null where it is no file.</summary>
    string? Columns => null;

    /// <summary>Batches of readable rows, in the order of event time; rows of equal time in stored order. The table is reused for the next batch.</summary>
    /// <param name="progress">Called with the share that is read, 0 to 1.</param>
    /// <param name="rejected">Called for each row that cannot be read.</param>
    IEnumerable<TransactionRows> Read(Action<double> progress, Action<RejectReason> rejected, CancellationToken cancellationToken);
}
