using System.Collections.Immutable;
using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Messaging;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Outbox;

public sealed class DeliveryLogTests
{
    [Fact]
    public async Task Where_records_stand_is_looked_up_only_when_the_write_under_way_has_ended()
    {
        var topics = new GatedTopics();
        var records = new DeliveryLog(topics, partition: 0);
        var writing = records.WriteAsync([Record(7)], upTo: 7);

        var last = records.LastAsync();
        last.IsCompleted.ShouldBeFalse();
        topics.Gate.SetResult();

        (await last).ShouldBe(7);
        await writing;
    }

    [Fact]
    public async Task A_write_that_failed_leaves_records_where_they_stood()
    {
        var topics = new GatedTopics();
        var records = new DeliveryLog(topics, partition: 0);
        var writing = records.WriteAsync([Record(7)], upTo: 7);

        topics.Gate.SetException(new MessageLogException("the broker is away"));

        (await records.LastAsync()).ShouldBe(-1);
        await Should.ThrowAsync<MessageLogException>(writing);
    }

    static SettledAlert Record(long number) => new(
        number, AlertsOf.One($"{number}"), [new AlertsSettled("mail", "mail", [number], $"<{number}@here>", ImmutableArray<Refusal>.Empty, AlertsOf.Noon)]);

    /// <summary>Publishes when the gate opens; knows positions and nothing else.</summary>
    sealed class GatedTopics : IMessageLog
    {
        long _position;

        public TaskCompletionSource Gate { get; } = new();

        public int MaxInFlightBatches => 1;

        public async Task<int> PublishAsync(RecordBatch records, CancellationToken ct)
        {
            await Gate.Task;
            _position = records.Position!.Value.NextOffset;
            return records.Count;
        }

        public int LongestRecord(string topic) => 1 << 20;

        public Task<long> PositionAsync(string group, TopicPartition partition, CancellationToken ct) => Task.FromResult(_position);

        public Source<TopicPartitionSource, NotUsed> Consume(string topic, string group) => throw new NotSupportedException();

        public IPartitionReader OpenReader(TopicPartition partition, long from) => throw new NotSupportedException();

        public Task<MessageLogStatus> StatusAsync(CancellationToken ct) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
