using System.Collections.Immutable;
using FraudStreams.Hosting;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage;

namespace FraudStreams.Dashboard.Payments;

/// <summary>The store, on connections of the page's own that change nothing.</summary>
public sealed class PaymentLookup : IAsyncDisposable
{
    readonly IPaymentReader _store;
    readonly PaymentMask _mask;

    public PaymentLookup(StreamOptions options)
        : this(options.Settings.Store.OpenReader(options.Settings.DataDirectory, options.Schema), options.Schema)
    {
    }

    internal PaymentLookup(IPaymentReader store, TransactionSchema schema)
    {
        (_store, Schema) = (store, schema);
        _mask = new PaymentMask(schema);
    }

    public TransactionSchema Schema { get; }

    internal PaymentMask Mask => _mask;

    /// <inheritdoc cref="IPaymentReader.FindAsync"/>
    public async Task<ImmutableArray<ShownPayment>> FindAsync(PaymentFilter filter, int limit, CancellationToken cancellationToken = default) =>
        [.. (await _store.FindAsync(filter, limit, cancellationToken)).Select(payment => _mask.Show(payment, withFields: true))];

    /// <summary>As they are stored, secrets included: for what stays in this process.</summary>
    internal Task<IReadOnlyList<StoredPayment>> FindStoredAsync(PaymentFilter filter, int limit, CancellationToken cancellationToken) => _store.FindAsync(filter, limit, cancellationToken);

    /// <inheritdoc cref="IPaymentReader.LatestScoredAsync"/>
    public Task<IReadOnlyList<ScoredPayment>> LatestScoredAsync(int limit, CancellationToken cancellationToken) => _store.LatestScoredAsync(limit, cancellationToken);

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
