using FraudStreams.Messaging;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Schemas;

namespace FraudStreams.WindowStates;

/// <summary>
/// The windows of one sequence of payments, a partition's, and the labels they count. With one partition that is all payments. With several, windows by
/// another key than the card are computed over the whole topic (<see cref="CrossPartitionWindowState"/>).
/// </summary>
sealed class PaymentWindows(IReadableLog topics, WindowState windows, long nextLabel = 0, bool follow = false) : IAsyncDisposable
{
    readonly LabelFeed? _labels = LabelFeed.Open(topics, windows, nextLabel, follow);

    /// <summary>The windows that need only the partition's own payments.</summary>
    public WindowState Own => windows;

    /// <summary>The windows that need other partitions; null while the own ones are replayed alone, and where there are none.</summary>
    public CrossPartitionWindowState? Others { get; set; }

    /// <summary>The state before a partition's first payment.</summary>
    public static PaymentWindows Empty(IReadableLog topics, TransactionSchema schema, int partitions, int maxRecordBytes) => NeedsOthers(schema, partitions)
        ? new PaymentWindows(topics, new WindowState(schema, WindowScope.OfCard)) { Others = new CrossPartitionWindowState(topics, schema, partitions, maxRecordBytes) }
        : new PaymentWindows(topics, new WindowState(schema));

    /// <summary>Whether some window is by a key whose payments are in several partitions.</summary>
    public static bool NeedsOthers(TransactionSchema schema, int partitions) => partitions > 1 && !schema.WindowFeatures.All(schema.IsOfCard);

    /// <summary>Writes the partition's own windows after all of its records before an offset.</summary>
    public void Write(Stream into, long offset) => windows.Write(into, CheckpointOffsets.Write([offset, _labels?.Next ?? 0]));

    /// <summary>The own windows that were written, and their offset.</summary>
    /// <exception cref="WindowSnapshotException">The snapshot is damaged, or of other windows.</exception>
    public static (PaymentWindows Windows, long Offset) Read(Stream from, IReadableLog topics, TransactionSchema schema, WindowScope scope, bool follow = false, CardTokens? cards = null)
    {
        var windows = WindowState.Read(from, schema, out var position, scope, cards);
        return CheckpointOffsets.Read(position) is [var offset, var nextLabel]
            ? (new PaymentWindows(topics, windows, nextLabel, follow), offset)
            : throw new WindowSnapshotException("The snapshot does not say which records it covers.");
    }

    /// <summary>Fills in every row's window values, and adds the rows to the windows.</summary>
    public async ValueTask AdvanceAsync(TransactionRows rows, CancellationToken cancellationToken)
    {
        if (Others is { } others)
            await others.LookUpAsync(rows, cancellationToken);
        if (_labels is not null)
            await ReadLabelsAsync(_labels, rows, cancellationToken);
        windows.Advance(rows);
    }

    /// <summary>Fills in every row's window values as <see cref="AdvanceAsync"/> would now, row after row, without adding the rows to the windows.</summary>
    public async ValueTask PeekAsync(TransactionRows rows, CancellationToken cancellationToken)
    {
        if (Others is { } others)
            await others.PeekAsync(rows, cancellationToken);
        if (_labels is not null)
        {
            _labels.BeginBatch();
            for (var row = 0; row < rows.Count; row++)
                await _labels.ReadAsync(windows.MomentOf(rows.EventTime(row)), cancellationToken);
        }

        windows.CopyFor(rows).Advance(rows);
    }

    public async ValueTask DisposeAsync()
    {
        if (_labels is not null)
            await _labels.DisposeAsync();
        if (Others is { } others)
            await others.DisposeAsync();
    }

    async ValueTask ReadLabelsAsync(LabelFeed labels, TransactionRows rows, CancellationToken cancellationToken)
    {
        labels.BeginBatch();
        for (var row = rows.Advanced; row < rows.Count; row++)
        {
            await labels.ReadAsync(windows.MomentOf(rows.EventTime(row)), cancellationToken);
            windows.Advance(rows, row + 1);
        }
    }
}
