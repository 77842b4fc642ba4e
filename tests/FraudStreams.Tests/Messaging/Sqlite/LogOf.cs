using System.Collections.Immutable;
using System.Text;
using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;

namespace FraudStreams.Tests.Messaging.Sqlite;

/// <summary>Shorthands for logs, batches and read records.</summary>
static class LogOf
{
    public static EmbeddedLogSettings Settings(string folder, int partitions = 1, params string[] topics) => new(
        folder, (topics.Length == 0 ? ["transactions", "predictions"] : topics).ToImmutableSortedDictionary(topic => topic, _ => partitions))
    {
        PollInterval = TimeSpan.FromMilliseconds(20),
        StandbyInterval = TimeSpan.FromMilliseconds(20),
    };

    public static EmbeddedLog Open(EmbeddedLogSettings settings) => EmbeddedLog.Open(settings, TimeProvider.System);

    public static RecordBatch Batch(string topic, params IEnumerable<string> values)
    {
        var batch = new RecordBatch();
        foreach (var value in values) batch.Add(topic, default, Encoding.UTF8.GetBytes(value));
        return batch;
    }

    public static RecordBatch With(this RecordBatch batch, string group, TopicPartition partition, long next)
    {
        batch.Position = new ConsumerOffset(group, partition, next);
        return batch;
    }

    /// <summary>Record by record.</summary>
    public static Source<TopicRecord, NotUsed> Records(this TopicPartitionSource partition) => partition.Chunks.SelectMany(chunk => chunk);

    public static List<string> Values(EmbeddedLog log, string topic, int partition = 0, long from = 0)
    {
        using var reader = log.OpenReader(new TopicPartition(topic, partition), from);
        var values = new List<string>();
        while (reader.Read() is { Length: > 0 } chunk)
            values.AddRange(chunk.Select(Text));
        return values;
    }

    public static string Text(TopicRecord record) => Encoding.UTF8.GetString(record.Value.Span);
}
