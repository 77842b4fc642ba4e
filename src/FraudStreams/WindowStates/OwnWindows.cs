using FraudStreams.Messaging;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Schemas;

namespace FraudStreams.WindowStates;

/// <summary>Windows that need only the partition's own payments, and the labels of these.</summary>
sealed class OwnWindows(IReadableLog topics, WindowState windows, long nextLabel = 0, bool follow = false) : IAsyncDisposable
{
    readonly LabelFeed? _labels = LabelFeed.Open(topics, windows, nextLabel, follow);

    public WindowState Windows => windows;

    /// <summary>Writes the window state after all records of the partition before an offset.</summary>
    public void Write(Stream into, long offset) => windows.Write(into, CheckpointOffsets.Write([offset, _labels?.Next ?? 0]));

    /// <summary>The state that was written, and its offset.</summary>
    /// <exception cref="WindowSnapshotException">The snapshot is damaged, or of other windows.</exception>
    public static (OwnWindows Windows, long Offset) Read(Stream from, IReadableLog topics, TransactionSchema schema, WindowScope scope, bool follow = false)
    {
        var windows = WindowState.Read(from, schema, out var position, scope);
        return CheckpointOffsets.Read(position) is [var offset, var nextLabel]
            ? (new OwnWindows(topics, windows, nextLabel, follow), offset)
            : throw new WindowSnapshotException("The snapshot does not say which records it covers.");
    }

    /// <summary>Fills in every row's values of these windows, and adds the rows to the windows.</summary>
    public async ValueTask AdvanceAsync(TransactionRows rows, CancellationToken cancellationToken)
    {
        if (_labels is not null)
            await ReadLabelsAsync(_labels, rows, cancellationToken);
        windows.Advance(rows);
    }

    public ValueTask DisposeAsync() => _labels?.DisposeAsync() ?? ValueTask.CompletedTask;

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
