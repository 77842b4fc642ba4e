using System.Collections.Immutable;
using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Messaging;
using FraudStreams.Model.Schemas;
using FraudStreams.Topics;

namespace FraudStreams.Privacy;

/// <summary>
/// A message log in which payments have tokens in place of card numbers: those that this program publishes to `transactions`, whoever in it does, and those
/// that others wrote there, as they are read and before anything else sees them; and in place of tokens from before a rotation. All other topics follow from what is
/// read. It owns the log.
/// </summary>
sealed class TokenizedLog(IMessageLog log, CardTokens tokens) : IMessageLog
{
    public int MaxInFlightBatches => log.MaxInFlightBatches;

    /// <summary>The log as it is where numbers stay as they come.</summary>
    public static IMessageLog Of(IMessageLog log, CardTokens? tokens) => tokens is null ? log : new TokenizedLog(log, tokens);

    public Source<TopicPartitionSource, NotUsed> Consume(string topic, string group) => topic != TopicNames.Transactions
        ? log.Consume(topic, group)
        : log.Consume(topic, group).Select(source => source with { Chunks = source.Chunks.Select(Replaced) });

    public Task<int> PublishAsync(RecordBatch records, CancellationToken cancellationToken)
    {
        var payments = false;
        for (var record = 0; record < records.Count && !payments; record++)
            payments = records.Topic(record) == TopicNames.Transactions;
        if (!payments)
            return log.PublishAsync(records, cancellationToken);
        var replaced = new RecordBatch(records.Count) { Position = records.Position, Offsets = records.Offsets };
        using (records)
        {
            for (var record = 0; record < records.Count; record++)
            {
                if (records.Topic(record) != TopicNames.Transactions)
                {
                    replaced.Add(records.Topic(record), records.Key(record), records.Value(record), records.TraceParent(record));
                    continue;
                }

                var value = tokens.Replace(records.Value(record), out var token);
                replaced.Add(TopicNames.Transactions, token.Length > 0 ? token : tokens.Key(records.Key(record)), value, records.TraceParent(record));
            }
        }

        return log.PublishAsync(replaced, cancellationToken);
    }

    public IPartitionReader OpenReader(TopicPartition partition, long from) =>
        partition.Topic == TopicNames.Transactions ? new Reader(this, log.OpenReader(partition, from)) : log.OpenReader(partition, from);

    public Task<long> PositionAsync(string group, TopicPartition partition, CancellationToken cancellationToken) => log.PositionAsync(group, partition, cancellationToken);

    public string NameOf(string topic) => log.NameOf(topic);

    public int LongestRecord(string topic) => log.LongestRecord(topic);

    public Task<ImmutableDictionary<int, PartitionOwner>> OwnersAsync(string topic, string group, CancellationToken cancellationToken) => log.OwnersAsync(topic, group, cancellationToken);

    public Task<MessageLogStatus> StatusAsync(CancellationToken cancellationToken) => log.StatusAsync(cancellationToken);

    public ValueTask DisposeAsync() => log.DisposeAsync();

    IReadOnlyList<TopicRecord> Replaced(IReadOnlyList<TopicRecord> records)
    {
        var replaced = new TopicRecord[records.Count];
        for (var record = 0; record < replaced.Length; record++)
        {
            var value = tokens.Replace(records[record].Value.Span, out var token);
            replaced[record] = records[record] with { Key = token.Length > 0 ? token : tokens.Key(records[record].Key.Span), Value = value };
        }

        return replaced;
    }

    sealed class Reader(TokenizedLog log, IPartitionReader reader) : IPartitionReader
    {
        public async Task<IReadOnlyList<TopicRecord>> NextAsync(bool wait, CancellationToken cancellationToken) =>
            await reader.NextAsync(wait, cancellationToken) is { Count: > 0 } records ? log.Replaced(records) : [];

        public ValueTask DisposeAsync() => reader.DisposeAsync();
    }
}
