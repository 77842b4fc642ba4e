using System.Buffers;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage;
using FraudStreams.Topics;

namespace FraudStreams.Replay;

/// <summary>
/// A store as a readable log: its payments between two event times as the only partition of `transactions`, ordered by event time and id, and all of
/// its labels as `labels`, in the order of their confirmation.
/// </summary>
/// <param name="cards">Gives payments from before a rotation the tokens that their cards have now; null where cards stay as they come.</param>
sealed class StoredRecords(PredictionStore store, long fromTime, long toTime, CardTokens? cards = null) : IReadableLog
{
    /// <exception cref="ArgumentException">The store cannot provide that partition.</exception>
    public IPartitionReader OpenReader(TopicPartition partition, long from) => partition switch
    {
        (TopicNames.Transactions, 0) when from == 0 => new Payments(store, partition, new StoredPosition(fromTime, ""), toTime, cards),
        (TopicNames.Labels, 0) when from == 0 => new Labels(store, partition),
        _ => throw new ArgumentException($"The store has no {partition} from offset {from} on."),
    };

    sealed class Payments : IPartitionReader
    {
        const int PageRows = 2000;

        readonly ArrayBufferWriter<byte> _json = new(1 << 16);
        readonly PredictionStore _store;
        readonly TopicPartition _partition;
        readonly StoredJsonWriter _writer;
        readonly long _to;
        readonly CardTokens? _cards;
        StoredPosition _position;
        long _offset;

        public Payments(PredictionStore store, TopicPartition partition, StoredPosition position, long to, CardTokens? cards)
        {
            (_store, _partition, _position, _to, _cards) = (store, partition, position, to, cards);
            _writer = new StoredJsonWriter(store.Schema, _json);
        }

        public async Task<IReadOnlyList<TopicRecord>> NextAsync(bool wait, CancellationToken cancellationToken)
        {
            var records = new List<TopicRecord>(PageRows);
            _position = await _store.ReadPaymentsAsync(_writer, _position, _to, PageRows, () =>
            {
                records.Add(_cards is null
                    ? new TopicRecord(_partition, _offset++, _writer.Key, _json.WrittenSpan.ToArray(), 0)
                    : new TopicRecord(_partition, _offset++, _cards.Key(_writer.Key), _cards.Replace(_json.WrittenSpan, out _), 0));
                _json.ResetWrittenCount();
            }, cancellationToken);
            return records;
        }

        public ValueTask DisposeAsync()
        {
            _writer.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    sealed class Labels(PredictionStore store, TopicPartition partition) : IPartitionReader
    {
        bool _isRead;

        public async Task<IReadOnlyList<TopicRecord>> NextAsync(bool wait, CancellationToken cancellationToken)
        {
            if (_isRead)
                return [];
            _isRead = true;
            return [.. (await store.ReadLabelsAsync(cancellationToken)).Select(Record)];
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        TopicRecord Record(Label label, int offset)
        {
            var json = new ArrayBufferWriter<byte>(128);
            label.Write(json);
            return new TopicRecord(partition, offset, default, json.WrittenMemory, 0);
        }
    }
}
