using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Schemas;
using FraudStreams.Topics;

namespace FraudStreams.Rekeying;

/// <summary>
/// Publishes payments of a topic of others to `transactions`, keyed by card, and its unreadable records to `rejected`, and commits the offsets of all partitions
/// they are from: all of it or nothing. Tombstones are read and dropped: a payment that is deleted elsewhere was made nevertheless. Records of a partition that has
/// gone meanwhile are its next owner's.
/// </summary>
/// <param name="tokens">What cards are replaced with: then no card number is rejected with its bytes either, and nothing in which none can be found. Null where they stay.</param>
sealed class PublishRekeyed(IMessageLog topics, StreamMetrics metrics, CardTokens? tokens, TimeProvider time)
{
    /// <summary>One batch after the other: their order is that of the payments.</summary>
    public static Flow<IReadOnlyList<SourceRecord>, Done, NotUsed> Flow(IMessageLog topics, StreamMetrics metrics, CardTokens? tokens, TimeProvider time)
    {
        var publisher = new PublishRekeyed(topics, metrics, tokens, time);
        return Akka.Streams.Dsl.Flow.Create<IReadOnlyList<SourceRecord>>().SelectAsync(1, publisher.PublishAsync);
    }

    async Task<Done> PublishAsync(IReadOnlyList<SourceRecord> merged)
    {
        var batch = StillOurs(merged);
        while (batch.Count > 0)
        {
            try
            {
                await CommitAsync(batch);
                break;
            }
            catch (PartitionRevokedException e)
            {
                // What else waits of it is its next owner's as well.
                foreach (var record in batch.Where(record => record.Record.Partition.Partition == e.Partition))
                    record.Queue!.HasGone();
                batch = StillOurs(batch);
            }
        }

        foreach (var record in batch)
        {
            if (record.IsLast)
                record.Rows.Dispose();
        }

        return Done.Instance;
    }

    async Task CommitAsync(IReadOnlyList<SourceRecord> batch)
    {
        var now = time.GetUtcNow();
        var offsets = new Dictionary<TopicPartition, ConsumerOffset>();
        var records = new RecordBatch(batch.Count);
        var (payments, tombstones) = (0, 0);
        foreach (var record in batch)
        {
            offsets[record.Record.Partition] = new ConsumerOffset(ConsumerGroups.Rekey, record.Record.Partition, record.Record.Offset + 1);
            if (record.Row >= 0)
            {
                records.Add(TopicNames.Transactions, record.Rows.Key(record.Row), record.Rows.Source(record.Row));
                payments++;
            }
            else if (record.Reason is { } reason)
                records.AddRejected(topics, Masked(record), reason, now);
            else
                tombstones++;
        }

        records.Offsets = [.. offsets.Values];
        await topics.PublishAsync(records, CancellationToken.None);
        metrics.Sent(TopicNames.Transactions, payments);
        metrics.Tombstones(tombstones);
        foreach (var record in batch)
        {
            if (record.Reason is { } reason)
                metrics.Rejected(ConsumerGroups.Rekey, reason.Code);
        }
    }

    static IReadOnlyList<SourceRecord> StillOurs(IReadOnlyList<SourceRecord> merged)
    {
        // A queue that ends from here on is for the transaction to refuse.
        var gone = merged.Select(record => record.Queue).Where(queue => queue is { HasEnded: true }).ToHashSet();
        if (gone.Count == 0)
            return merged;
        foreach (var record in merged)
        {
            if (record.IsLast && gone.Contains(record.Queue))
                record.Rows.Dispose();
        }

        return [.. merged.Where(record => !gone.Contains(record.Queue))];
    }

    TopicRecord Masked(in SourceRecord source)
    {
        var record = source.Record;
        if (tokens is null)
            return record;
        var value = record.Value.Span;
        return record with
        {
            Key = tokens.Key(record.Key.Span),
            Value = source.TextFrom is { } from ? (byte[])[.. value[..from], .. CardTokens.Masked(value[from..])] : CardTokens.Masked(value, isText: false),
        };
    }
}
