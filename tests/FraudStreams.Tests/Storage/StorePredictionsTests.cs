using System.Text;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Json;
using FraudStreams.Sqlite;
using FraudStreams.Storage;
using FraudStreams.Storage.Sqlite;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Storage;

[Trait("Category", "Unit")]
public sealed class StorePredictionsTests : IAsyncLifetime
{
    static readonly TopicPartition Partition = new("predictions", 0);

    readonly TemporaryFolder _folder = new();
    readonly ActorSystem _system = ActorSystem.Create("store");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _system.Terminate();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_batch_is_stored_and_then_its_offset_is_committed()
    {
        await using var topics = OpenTopics();
        await using var store = Predictions.Open(_folder);

        var stored = await RunAsync(store, topics, Predictions.Json("t1"), Predictions.Json("t2"));

        stored.Stored.ShouldBe(2);
        (await store.CountAsync()).Stored.ShouldBe(2);
        (await topics.PositionAsync("store", Partition, default)).ShouldBe(2);
    }

    [Fact]
    public async Task A_record_that_is_no_prediction_is_rejected_and_holds_up_no_other()
    {
        await using var topics = OpenTopics();
        await using var store = Predictions.Open(_folder);

        await RunAsync(store, topics, Predictions.Json("t1"), "no prediction", Predictions.Json("t3"));

        (await store.CountAsync()).Stored.ShouldBe(2);
        (await topics.PositionAsync("store", Partition, default)).ShouldBe(3);
        await using var log = LogOf.Open(LogOf.Settings(_folder, 1, "predictions", "rejected"));
        var rejected = RejectedRecord.Read(Encoding.UTF8.GetBytes(LogOf.Values(log, "rejected").ShouldHaveSingleItem())).ShouldNotBeNull();
        rejected.Offset.ShouldBe(1);
        rejected.Topic.ShouldBe("predictions");
        rejected.Reason.Code.ShouldBe(RejectCodes.NotAnObject);
        Encoding.UTF8.GetString(rejected.Original.Span).ShouldBe("no prediction");
    }

    [Fact]
    public async Task A_store_that_cannot_be_written_fails_the_stage_without_a_commit()
    {
        await using var topics = OpenTopics();
        await using var store = Predictions.Open(new SqliteStoreSettings(_folder) { LockTimeout = TimeSpan.FromMilliseconds(50) });
        using var other = SqliteFile.Open(Path.Combine(_folder, "fraudstreams.db"), SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        other.Begin();

        var failure = (await Record.ExceptionAsync(() => RunAsync(store, topics, Predictions.Json("t1"))))!;
        (await topics.PositionAsync("store", Partition, default)).ShouldBe(0);
        other.RollBack();
        await RunAsync(store, topics, Predictions.Json("t1"));

        (failure is AggregateException ? failure.InnerException : failure).ShouldBeOfType<StoreException>().Message.ShouldContain("fraudstreams.db");
        (await store.CountAsync()).Stored.ShouldBe(1);
        (await topics.PositionAsync("store", Partition, default)).ShouldBe(1);
    }

    EmbeddedMessageLog OpenTopics() => EmbeddedMessageLog.Open(LogOf.Settings(_folder, 1, "predictions", "rejected"), TimeProvider.System, _ => { });

    Task<StoredBatch> RunAsync(PredictionStore store, IMessageLog topics, params string[] values) =>
        Source.From(Predictions.Records(values))
            .GroupedWithin(values.Length, TimeSpan.FromSeconds(10))
            .Select(batch => (IReadOnlyList<TopicRecord>)[.. batch])
            .Via(StorePredictions.Flow(store, topics, "store", TimeProvider.System))
            .RunWith(Sink.First<StoredBatch>(), _system.Materializer());
}
