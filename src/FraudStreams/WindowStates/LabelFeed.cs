using System.Text;
using FraudStreams.Messaging;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Topics;

namespace FraudStreams.WindowStates;

/// <summary>
/// Topic `labels`, read along with the payments of one state's windows. Nobody waits for a label that is not in the topic yet: such a one counts for
/// the payments after it came. All that are in the topic count from when they were known, so that a run from the beginning, from a snapshot and in a
/// replay have the same ones, and training too where they came before the windows' delay was over.
/// </summary>
/// <param name="follow">Whether what is appended after the topic's end was met is read as well.</param>
sealed class LabelFeed(IReadableLog topics, WindowState windows, long next, bool follow) : IAsyncDisposable
{
    readonly IPartitionReader _reader = topics.OpenReader(new TopicPartition(TopicNames.Labels, 0), next);
    IReadOnlyList<TopicRecord> _chunk = [];
    int _taken;
    bool _metEnd;
    bool _isAtEnd;

    /// <summary>The first label that is not read.</summary>
    public long Next { get; private set; } = next;

    /// <summary>Null where no window counts labels: then none are read.</summary>
    public static LabelFeed? Open(IReadableLog topics, WindowState windows, long next, bool follow) =>
        windows.CountsLabels ? new LabelFeed(topics, windows, next, follow) : null;

    /// <summary>The topic's end, once met, is looked at again for each batch of payments.</summary>
    public void BeginBatch() => _isAtEnd = _metEnd && !follow;

    /// <summary>Takes in the labels that a payment of that moment needs.</summary>
    public async ValueTask ReadAsync(long moment, CancellationToken ct)
    {
        while (!_isAtEnd && windows.NeedsLabels(moment))
        {
            if (_taken == _chunk.Count)
            {
                (_chunk, _taken) = (await _reader.NextAsync(wait: !_metEnd, ct), 0);
                if (_chunk.Count == 0)
                {
                    (_metEnd, _isAtEnd) = (true, true);
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
        if (LabelReader.TryRead(record.Value.Span, out _) is { } label)
            windows.Label(Encoding.UTF8.GetBytes(label.Id), label.Fraud, label.ConfirmedAt);
    }
}
