using Akka;
using Akka.Streams.Dsl;
using Akka.Util;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;

namespace FraudStreams.Replay;

/// <summary>All records that a partition has now, in order, in chunks, without a consumer group.</summary>
static class ReplayedRecords
{
    public static Source<IReadOnlyList<TopicRecord>, NotUsed> Source(IReadableLog topics, TopicPartition partition, CancellationToken cancellationToken) =>
        Akka.Streams.Dsl.Source.UnfoldResourceAsync<IReadOnlyList<TopicRecord>, IAsyncEnumerator<IReadOnlyList<TopicRecord>>>(
                () => Task.FromResult(topics.ReadAsync(partition, 0, long.MaxValue, cancellationToken).GetAsyncEnumerator(cancellationToken)),
                NextAsync,
                EmbeddedMessageLog.CloseAsync);

    static async Task<Option<IReadOnlyList<TopicRecord>>> NextAsync(IAsyncEnumerator<IReadOnlyList<TopicRecord>> chunks) =>
        await chunks.MoveNextAsync() ? Option<IReadOnlyList<TopicRecord>>.Create(chunks.Current) : Option<IReadOnlyList<TopicRecord>>.None;
}
