using System.Text;
using FraudStreams.Messaging;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Topics;

namespace FraudStreams.WindowStates;

/// <summary>
/// Feeds topic `labels` into a window state, in step with its payments. No payment waits for a label that is not in the topic yet: such a label counts
/// for the payments after it arrived. Labels in the topic count from their time of confirmation, so that a run from the beginning, one from a snapshot
/// and a replay see the same labels, and so does training if they arrived before the windows' delay was over.
/// </summary>
/// <param name="follow">Whether records appended after the topic's end was reached are read as well.</param>
sealed class LabelFeed(IReadableLog topics, WindowState windows, long next, bool follow) : IAsyncDisposable
{
    readonly IPartitionReader _reader = topics.OpenReader(new TopicPartition(TopicNames.Labels, 0), next);
    IReadOnlyList<TopicRecord> _chunk = [];
    int _taken;
    bool _reachedEnd;
    bool _isAtEnd;

    /// <summary>The offset of the first label not read yet.</summary>
    public long Next { get; private set; } = next;

    /// <summary>Null if no window counts labels: then none are read.</summary>
    public static LabelFeed? Open(IReadableLog topics, WindowState windows, long next, bool follow) =>
        windows.CountsLabels ? new LabelFeed(topics, windows, next, follow) : null;

    /// <summary>Once the topic's end is reached, it is checked again for each batch of payments.</summary>
    public void BeginBatch() => _isAtEnd = _reachedEnd && !follow;

    /// <summary>Applies the labels that a payment of that event time needs.</summary>
    public async ValueTask ReadAsync(long moment, CancellationToken cancellationToken)
    {
        while (!_isAtEnd && windows.NeedsLabels(moment))
        {
            if (_taken == _chunk.Count)
            {
                (_chunk, _taken) = (await _reader.NextAsync(wait: !_reachedEnd, cancellationToken), 0);
                if (_chunk.Count == 0)
                {
                    (_reachedEnd, _isAtEnd) = (true, true);
                    return;
                }
            }

            Take(_chunk[_taken++]);
        }
    }

    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    void Take(TopicRecord record)
    {
        Next = record.Offset + 1;
        if (LabelReader.TryRead(record.Value.Span, out var label, out _))
            windows.Label(Encoding.UTF8.GetBytes(label.Id), label.Fraud, label.ConfirmedAt);
    }
}
