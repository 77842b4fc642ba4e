using FraudStreams.Model.Json;

namespace FraudStreams.Storage;

/// <summary>
/// Reads a store for people, on connections of its own: nobody who writes waits for it, and it waits for nobody. It makes nothing that is missing. Thread-safe.
/// </summary>
public interface IPaymentReader : IAsyncDisposable
{
    /// <summary>At most so many payments, latest first, equal times by their ids; none where there is no store yet.</summary>
    /// <exception cref="StoreException">The store cannot be read now.</exception>
    Task<IReadOnlyList<StoredPayment>> FindAsync(PaymentFilter filter, int limit, CancellationToken cancellationToken);

    /// <summary>The latest payments, at most so many, in no order; none where there is no store yet.</summary>
    /// <exception cref="StoreException">The store cannot be read now.</exception>
    Task<IReadOnlyList<ScoredPayment>> LatestScoredAsync(int limit, CancellationToken cancellationToken);

    /// <summary>All labels that arrived for a payment, the one in force first.</summary>
    /// <exception cref="StoreException">The store cannot be read now.</exception>
    Task<IReadOnlyList<Label>> LabelsOfAsync(string id, CancellationToken cancellationToken);
}
