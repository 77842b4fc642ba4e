using FraudStreams.Messaging;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Schemas;

namespace FraudStreams.WindowStates;

/// <summary>
/// The windows of one sequence of payments, a partition's. With one partition that is all there is. With several, what is counted by another key than
/// the card is counted over the whole topic (<see cref="CrossPartitionWindowState"/>).
/// </summary>
sealed class PaymentWindows(OwnWindows own, CrossPartitionWindowState? others) : IAsyncDisposable
{
    public OwnWindows Own => own;

    public CrossPartitionWindowState? Others => others;

    /// <summary>What a partition remembers before its first payment.</summary>
    public static PaymentWindows Empty(IReadableLog topics, TransactionSchema schema, int partitions, int maxRecordBytes) => NeedsOthers(schema, partitions)
        ? new PaymentWindows(new OwnWindows(topics, new WindowState(schema, WindowScope.OfCard)), new CrossPartitionWindowState(topics, schema, partitions, maxRecordBytes))
        : new PaymentWindows(new OwnWindows(topics, new WindowState(schema)), null);

    /// <summary>Whether some window is by a key that several partitions have payments of.</summary>
    public static bool NeedsOthers(TransactionSchema schema, int partitions) => partitions > 1 && !schema.WindowFeatures.All(schema.IsOfCard);

    /// <summary>Gives every row its window values, and takes the rows in.</summary>
    public async ValueTask AdvanceAsync(TransactionRows rows, CancellationToken ct)
    {
        if (others is not null)
            await others.LookUpAsync(rows, ct);
        await own.AdvanceAsync(rows, ct);
    }

    public async ValueTask DisposeAsync()
    {
        await own.DisposeAsync();
        if (others is not null)
            await others.DisposeAsync();
    }
}
