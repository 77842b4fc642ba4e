using Akka;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Messaging;
using FraudStreams.Tests.WholeProgram;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting;

[Trait("Category", "Unit")]
public sealed class AlertFlowTests : IAsyncLifetime
{
    readonly ActorSystem _system = ActorSystem.Create("alerts", "akka.loglevel = OFF\nakka.stdout-loglevel = OFF");

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _system.Terminate();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_partition_that_ends_is_revoked_unless_the_program_stops(bool isStopping) =>
        (await ClosedAsync(Source.Empty<IReadOnlyList<TopicRecord>>(), isStopping)).IsRevoked.ShouldBe(!isStopping);

    [Fact]
    public async Task A_partition_that_fails_is_not_revoked() =>
        (await ClosedAsync(Source.Failed<IReadOnlyList<TopicRecord>>(new InvalidOperationException("a test's")))).IsRevoked.ShouldBeFalse();

    [Fact]
    public async Task A_partition_that_ends_because_another_fails_is_not_revoked() =>
        (await ClosedAsync(Source.Maybe<IReadOnlyList<TopicRecord>>().MapMaterializedValue(_ => NotUsed.Instance), anotherFails: true)).IsRevoked.ShouldBeFalse();

    async Task<CloseOutbox> ClosedAsync(Source<IReadOnlyList<TopicRecord>, NotUsed> chunks, bool isStopping = false, bool anotherFails = false)
    {
        using var outboxes = Inbox.Create(_system);
        var flow = AlertFlow.Flow(0, outboxes.Receiver, TrainedModel.Schema, topics: null!, () => isStopping, NullLogger.Instance, TimeProvider.System);
        (await outboxes.ReceiveAsync(TimeSpan.FromSeconds(20))).ShouldBeOfType<OpenOutbox>();
        Source<Done, NotUsed>[] partitions = [chunks.Via(flow), .. anotherFails ? [Source.Failed<Done>(new InvalidOperationException("a test's"))] : Array.Empty<Source<Done, NotUsed>>()];
        _ = Source.From(partitions).MergeMany(2, partition => partition).RunWith(Sink.Ignore<Done>(), _system.Materializer());
        return (await outboxes.ReceiveAsync(TimeSpan.FromSeconds(20))).ShouldBeOfType<CloseOutbox>();
    }
}
