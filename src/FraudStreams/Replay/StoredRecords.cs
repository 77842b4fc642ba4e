using System.Buffers;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Storage;
using FraudStreams.Topics;

namespace FraudStreams.Replay;

/// <summary>
/// A store's payments between two event times as the one partition of `transactions`, in the order of event time, and of ids within one time; and all
/// of its labels as `labels`, in the order in which they became known.
/// </summary>
sealed class StoredRecords(PredictionStore store, long fromTime, long toTime) : IReadableLog
{
    /// <exception cref="ArgumentException">The store is no source of that topic.</exception>
    public IPartitionReader OpenReader(TopicPartition partition, long from) => partition switch
    {
        (TopicNames.Transactions, 0) when from == 0 => new Payments(store, partition, new StoredPosition(fromTime, ""), toTime),
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
        StoredPosition _place;
        long _offset;

        public Payments(PredictionStore store, TopicPartition partition, StoredPosition place, long to)
        {
            (_store, _partition, _place, _to) = (store, partition, place, to);
            _writer = new StoredJsonWriter(store.Schema, _json);
        }

        public async Task<IReadOnlyList<TopicRecord>> NextAsync(bool wait, CancellationToken ct)
        {
            var records = new List<TopicRecord>(PageRows);
            _place = await _store.ReadPaymentsAsync(_writer, _place, _to, PageRows, () =>
            {
                records.Add(new TopicRecord(_partition, _offset++, _writer.Key, _json.WrittenSpan.ToArray(), 0));
                _json.ResetWrittenCount();
            }, ct);
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

        public async Task<IReadOnlyList<TopicRecord>> NextAsync(bool wait, CancellationToken ct)
        {
            if (_isRead)
                return [];
            _isRead = true;
            return [.. (await store.ReadLabelsAsync(ct)).Select(Record)];
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
