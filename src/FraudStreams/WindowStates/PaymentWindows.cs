using FraudStreams.Messaging;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Schemas;

namespace FraudStreams.WindowStates;

/// <summary>
/// The windows of one sequence of payments, a partition's. With one partition that is all payments. With several, windows by another key than the card
/// are computed over the whole topic (<see cref="CrossPartitionWindowState"/>).
/// </summary>
sealed class PaymentWindows(OwnWindows own, CrossPartitionWindowState? others) : IAsyncDisposable
{
    public OwnWindows Own => own;

    public CrossPartitionWindowState? Others => others;

    /// <summary>The state before a partition's first payment.</summary>
    public static PaymentWindows Empty(IReadableLog topics, TransactionSchema schema, int partitions, int maxRecordBytes) => NeedsOthers(schema, partitions)
        ? new PaymentWindows(new OwnWindows(topics, new WindowState(schema, WindowScope.OfCard)), new CrossPartitionWindowState(topics, schema, partitions, maxRecordBytes))
        : new PaymentWindows(new OwnWindows(topics, new WindowState(schema)), null);

    /// <summary>Whether some window is by a key whose payments are in several partitions.</summary>
    public static bool NeedsOthers(TransactionSchema schema, int partitions) => partitions > 1 && !schema.WindowFeatures.All(schema.IsOfCard);

    /// <summary>Fills in every row's window values, and adds the rows to the windows.</summary>
    public async ValueTask AdvanceAsync(TransactionRows rows, CancellationToken cancellationToken)
    {
        if (others is not null)
            await others.LookUpAsync(rows, cancellationToken);
        await own.AdvanceAsync(rows, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await own.DisposeAsync();
        if (others is not null)
            await others.DisposeAsync();
    }
}
