using System.Collections.Immutable;
using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Messaging;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Outbox;

[Trait("Category", "Unit")]
public sealed class DeliveryLogTests
{
    [Fact]
    public async Task The_position_is_read_only_after_the_write_in_flight_has_ended()
    {
        var topics = new GatedTopics();
        var log = new DeliveryLog(topics, AlertsOf.Template, partition: 0);
        var writing = log.WriteAsync([Settled(7)], upTo: 7);

        var last = log.LastAsync();
        last.IsCompleted.ShouldBeFalse();
        topics.Gate.SetResult();

        (await last).ShouldBe(7);
        await writing;
    }

    [Fact]
    public async Task A_failed_write_leaves_the_position_where_it_was()
    {
        var topics = new GatedTopics();
        var log = new DeliveryLog(topics, AlertsOf.Template, partition: 0);
        var writing = log.WriteAsync([Settled(7)], upTo: 7);

        topics.Gate.SetException(new MessageLogException("the broker is away"));

        (await log.LastAsync()).ShouldBe(-1);
        await Should.ThrowAsync<MessageLogException>(writing);
    }

    static SettledAlert Settled(long number) => new(
        number, AlertsOf.One($"{number}"), [new AlertsSettled("mail", "mail", [number], $"<{number}@here>", ImmutableArray<Refusal>.Empty, AlertsOf.Noon)]);

    /// <summary>Publishes when the gate opens; knows positions and nothing else.</summary>
    sealed class GatedTopics : IMessageLog
    {
        long _position;

        public TaskCompletionSource Gate { get; } = new();

        public int MaxInFlightBatches => 1;

        public async Task<int> PublishAsync(RecordBatch records, CancellationToken cancellationToken)
        {
            await Gate.Task;
            _position = records.Position!.Value.NextOffset;
            return records.Count;
        }

        public Task<ImmutableDictionary<int, PartitionOwner>> OwnersAsync(string topic, string group, CancellationToken cancellationToken) => throw new NotSupportedException();

        public int LongestRecord(string topic) => 1 << 20;

        public Task<long> PositionAsync(string group, TopicPartition partition, CancellationToken cancellationToken) => Task.FromResult(_position);

        public Source<TopicPartitionSource, NotUsed> Consume(string topic, string group) => throw new NotSupportedException();

        public IPartitionReader OpenReader(TopicPartition partition, long from) => throw new NotSupportedException();

        public Task<MessageLogStatus> StatusAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
