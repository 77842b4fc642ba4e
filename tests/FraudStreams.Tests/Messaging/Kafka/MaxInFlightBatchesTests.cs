using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Kafka;
using FraudStreams.Tests.Messaging.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Messaging.Kafka;

[Trait("needs", "kafka")]
[Trait("Category", "Integration")]
public sealed class MaxInFlightBatchesTests(SharedBroker broker) : IClassFixture<SharedBroker>, IAsyncLifetime
{
    const int Records = 2_000;

    readonly ActorSystem _system = ActorSystem.Create("kafka", ConfigLayers.Reference());
    readonly SharedKillSwitch _stop = KillSwitches.Shared("stop");
    readonly ConcurrentQueue<TopicRecord> _read = [];
    KafkaMessageLog? _topics;
    Task _reading = Task.CompletedTask;

    TopicPartition Partition { get; } = new("transactions", 0);

    public async Task InitializeAsync()
    {
        if (SharedBroker.WhyNot is not null)
            return;
        var settings = new KafkaSettings(
            broker.Servers, $"t{Guid.NewGuid():N}.", null, TimeSpan.FromSeconds(20), ImmutableSortedDictionary<string, string>.Empty,
            ImmutableSortedDictionary<string, string>.Empty, ImmutableSortedDictionary<string, string>.Empty, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(3), new SecretValue(""));
        _topics = KafkaMessageLog.Open(settings, KafkaTest.Layout(1), NullLogger.Instance);
        await _topics.PublishAsync(Some("transactions", Records), default);
        _reading = _topics.Consume("transactions", "score").Via(_stop.Flow<TopicPartitionSource>())
            .MergeMany(1, partition => partition.Records().Via(_stop.Flow<TopicRecord>()))
            .RunWith(Sink.ForEach<TopicRecord>(_read.Enqueue), _system.Materializer());
        await Eventually.TrueAsync(() => _read.Count == Records, "everything is read", limitSeconds: 40, everyMilliseconds: 20);
    }

    public async Task DisposeAsync()
    {
        _stop.Shutdown();
        await _reading;
        if (_topics is not null)
            await _topics.DisposeAsync();
        await _system.Terminate();
    }

    [KafkaFact]
    public async Task The_committed_offset_follows_batches_in_flight_to_the_end_of_the_last()
    {
        // Every third goes to another partition, whose acknowledgements come at times of their own.
        var batches = Enumerable.Range(1, Records / 10)
            .Select(batch => _topics!.PublishAsync(Some(batch % 3 == 0 ? "rejected" : "predictions", 10).With("score", Partition, batch * 10), default))
            .ToList();

        await Task.WhenAll(batches);

        (await _topics!.PositionAsync("score", Partition, default)).ShouldBe(Records);
        (await _topics.StatusAsync(default)).Topics.Where(topic => topic.Topic != "transactions").Sum(topic => topic.Appended).ShouldBe(Records);
    }

    [KafkaFact]
    public async Task No_offset_is_committed_past_a_failed_batch()
    {
        List<Task> batches =
        [
            _topics!.PublishAsync(Some("predictions", 10).With("score", Partition, 10), default),
            _topics.PublishAsync(Some("no such topic", 1).With("score", Partition, 20), default),
            _topics.PublishAsync(Some("predictions", 10).With("score", Partition, 30), default),
        ];

        await batches[0];
        await Should.ThrowAsync<MessageLogException>(() => batches[1]);
        await Should.ThrowAsync<MessageLogException>(() => batches[2]);

        (await _topics.PositionAsync("score", Partition, default)).ShouldBe(10);
    }

    static RecordBatch Some(string topic, int count)
    {
        var batch = new RecordBatch();
        for (var record = 0; record < count; record++)
            batch.Add(topic, System.Text.Encoding.ASCII.GetBytes($"card {record % 97}"), System.Text.Encoding.ASCII.GetBytes($"{record}"));
        return batch;
    }
}
