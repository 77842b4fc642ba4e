using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Topics;

namespace FraudStreams.Scoring;

/// <summary>Reads the records of one batch into typed rows; records that cannot be read stay in the batch with their reason.</summary>
static class ReadTransactions
{
    public static Flow<IReadOnlyList<TopicRecord>, TransactionBatch, NotUsed> Flow(TransactionSchema schema, TopicSettings settings, TimeProvider time)
    {
        var pool = new TransactionBatchPool(() => new TransactionRows(schema));
        var reader = new TransactionReader(schema, settings.MaxRecordBytes);
        return Akka.Streams.Dsl.Flow.Create<IReadOnlyList<TopicRecord>>().Select(records =>
        {
            var batch = pool.Rent();
            batch.TakenAt = time.GetUtcNow();
            return batch.Read(records, reader, ConsumerGroups.Score);
        });
    }
}
