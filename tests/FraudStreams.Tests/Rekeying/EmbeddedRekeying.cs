using System.Collections.Immutable;
using System.Text;
using Akka.Actor;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Rekeying;
using FraudStreams.Sqlite;
using FraudStreams.Tests.Configuration;
using FraudStreams.Topics;

namespace FraudStreams.Tests.Rekeying;

/// <summary>A topic of others with four partitions, and ours with three that is filled from it, embedded and in this process.</summary>
sealed class EmbeddedRekeying : IAsyncDisposable
{
    const int OurPartitions = 3;
    const int BatchRecords = 5_000;

    readonly ActorSystem _actors;
    readonly TopicSettings _settings;
    readonly EmbeddedMessageLog _log;
    readonly ReadSource _reader;
    readonly StreamMetrics _metrics = new();

    /// <param name="schema">A name, or a file that says where the fields are.</param>
    public EmbeddedRekeying(string folder, ActorSystem actors, string schema, params string[] set)
    {
        _actors = actors;
        _settings = SettingsOf.Set([$"topics.names.transactions={ForeignTopic.Name}", $"topics.partitions={OurPartitions}", .. set]).Topics.WithSource(ForeignTopic.Partitions);
        _log = EmbeddedMessageLog.Open(
            new EmbeddedLogSettings(
                Directory.CreateDirectory(folder).FullName,
                ImmutableSortedDictionary<string, int>.Empty.Add(TopicNames.Source, ForeignTopic.Partitions).Add(TopicNames.Transactions, OurPartitions).Add(TopicNames.Rejected, 1))
            {
                Durability = Durability.Normal,
            },
            TimeProvider.System, _ => { });
        _reader = new ReadSource(SchemaFile.Read(schema), _settings, TimeProvider.System);
    }

    public async Task PublishAsync(IEnumerable<(string Key, byte[] Value)> records)
    {
        foreach (var chunk in records.Chunk(BatchRecords))
        {
            var batch = new RecordBatch(chunk.Length);
            foreach (var (key, value) in chunk)
                batch.Add(TopicNames.Source, Encoding.UTF8.GetBytes(key), value);
            await _log.PublishAsync(batch, default);
        }
    }

    /// <summary>Until all is re-keyed that is there, or with the failure that a pipeline would start again after.</summary>
    public async Task RunAsync()
    {
        var graph = RekeyGraph.Run(_log, _settings, _reader, _metrics, _actors);
        await Eventually.TrueAsync(
            async () => graph.Done.IsCompleted || (await _log.StatusAsync(default)).Of(ConsumerGroups.Rekey, TopicNames.Source).Lag == 0,
            "the topic to be re-keyed", limitSeconds: 60, everyMilliseconds: 20);
        await graph.StopAsync();
    }

    /// <summary>A topic's records, partition by partition.</summary>
    public async Task<List<List<TopicRecord>>> ReadAsync(string topic)
    {
        var partitions = new List<List<TopicRecord>>();
        for (var number = 0; number < (topic == TopicNames.Transactions ? OurPartitions : 1); number++)
        {
            var records = new List<TopicRecord>();
            await foreach (var chunk in _log.ReadAsync(new TopicPartition(topic, number), 0, long.MaxValue, default))
                records.AddRange(chunk);
            partitions.Add(records);
        }

        return partitions;
    }

    public async ValueTask DisposeAsync()
    {
        _reader.Dispose();
        await _log.DisposeAsync();
        _metrics.Dispose();
    }
}
