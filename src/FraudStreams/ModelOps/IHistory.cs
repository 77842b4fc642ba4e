using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.ModelOps;

/// <summary>Past payments that can be read from the beginning any number of times, in the same order.</summary>
interface IHistory
{
    TransactionSchema Schema { get; }

    /// <summary>What a person knows it as, such as the file's name.</summary>
    string Name { get; }

    /// <summary>Batches of readable rows, in the order of event time; those of equal times in the order that they are kept in. The table given out is used again for the next batch.</summary>
    /// <param name="progress">Told the share that is read, 0 to 1.</param>
    /// <param name="rejected">Told of each row that cannot be read.</param>
    IEnumerable<TransactionRows> Read(Action<double> progress, Action<RejectReason> rejected, CancellationToken cancellationToken);
}
