using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Kafka;
using FraudStreams.Pipelines;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Diagnostics;
using FraudStreams.Tests.Messaging.Sqlite;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Messaging.Kafka;

/// <summary>Base of tests on a broker: topics and groups of each test's own, payments, and consumers as in the pipelines.</summary>
public abstract class KafkaTest(string servers) : IAsyncLifetime
{
    /// <summary>Bootstrap servers, host:port.</summary>
    internal string Servers => servers;

    internal string Prefix { get; } = $"t{Guid.NewGuid():N}.";

    internal ActorSystem Actors { get; } = ActorSystem.Create("kafka", ConfigLayers.Reference());

    internal CollectedLog Log { get; } = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => Actors.Terminate();

    internal KafkaMessageLog Open(int partitions = 1) => KafkaMessageLog.Open(Settings(servers), Layout(partitions), Log);

    internal KafkaSettings Settings(string servers, string more = "") => KafkaSettings.From(new SettingsSection(
        ConfigurationFactory.ParseString($"k {{ bootstrap-servers = \"{servers}\", prefix = \"{Prefix}\", {more} }}")
            .WithFallback(ConfigurationFactory.ParseString("""
                k { replicas = auto, timeout = 20s, password-file = ""
                    client {}
                    producer { client {} }
                    consumer { stop-timeout = 5s, revoke-timeout = 3s
                               client { session.timeout.ms = 6000, heartbeat.interval.ms = 500 } } }
                """)),
        "k", []));

    internal static LogLayout Layout(int partitions) => StreamTopics.Layout(SettingsOf.Set($"topics.partitions={partitions}").Topics);

    /// <summary>Payments of these numbers, each of a card of its own.</summary>
    internal static RecordBatch Payments(int from, int to) => Numbered("transactions", from, to);

    internal static RecordBatch Numbered(string topic, int from, int to)
    {
        var batch = new RecordBatch();
        for (var number = from; number <= to; number++)
            batch.Add(topic, System.Text.Encoding.ASCII.GetBytes($"card {number % 97}"), System.Text.Encoding.ASCII.GetBytes($"{number}"));
        return batch;
    }

    internal static IEnumerable<int> Numbers(RunningConsumer consumer) => consumer.Records.Select(record => int.Parse(LogOf.Text(record)));

    /// <summary>Reads in batches and commits each, as the pipelines do.</summary>
    internal RunningConsumer Consume(KafkaMessageLog topics, string group, string topic = "transactions")
    {
        var records = new ConcurrentQueue<TopicRecord>();
        var stop = KillSwitches.Shared("stop");
        var done = topics.Consume(topic, group)
            .Via(stop.Flow<TopicPartitionSource>())
            .MergeMany(8, partition => partition.Chunks.Via(stop.Flow<IReadOnlyList<TopicRecord>>()).Via(new BatchChunks<TopicRecord>(20, TimeSpan.FromMilliseconds(20))).SelectAsync(1, async batch =>
            {
                var read = batch.ToList();
                await topics.PublishAsync(LogOf.Batch(topic).With(group, partition.Partition, read[^1].Offset + 1), default);
                read.ForEach(records.Enqueue);
                return Done.Instance;
            }))
            .RunWith(Sink.Ignore<Done>(), Actors.Materializer());
        return new RunningConsumer(records, stop, done);
    }

    internal (UniqueKillSwitch Stop, Task Done) Run(Source<Done, NotUsed> source) => source
        .ViaMaterialized(KillSwitches.Single<Done>(), Keep.Right)
        .ToMaterialized(Sink.Ignore<Done>(), (stop, done) => (stop, (Task)done))
        .Run(Actors.Materializer());

    internal static Task Until(Func<bool> condition) => Eventually.TrueAsync(condition, "what the test waits for", limitSeconds: 40, everyMilliseconds: 20);

    /// <summary>What is logged as a warning.</summary>
    internal IReadOnlyCollection<string> Warnings() => Log.Warnings;

    internal sealed record RunningConsumer(ConcurrentQueue<TopicRecord> Records, SharedKillSwitch Stop, Task Done)
    {
        public async Task StopAsync()
        {
            Stop.Shutdown();
            await Done.WaitAsync(TimeSpan.FromSeconds(80));
        }
    }
}
