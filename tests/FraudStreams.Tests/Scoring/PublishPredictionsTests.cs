using System.Text;
using System.Text.Json;
using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Cli.Live;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Drift;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.Scoring;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Scoring;

[Trait("Category", "Unit")]
public sealed class PublishPredictionsTests : ActorTest
{
    readonly TemporaryFolder _folder = new();
    readonly ManualTime _time = new();
    readonly StreamMetrics _metrics = new();
    readonly MetricTotals _totals;
    readonly TransactionBatchPool _pool = new(() => new TransactionRows(TrainedModel.Schema));
    readonly TransactionReader _reader = new(TrainedModel.Schema);

    readonly ShadowQueue _shadow;

    public PublishPredictionsTests() => (_totals, _shadow) = (new MetricTotals(_metrics), new ShadowQueue(_metrics));

    protected override void AfterAll()
    {
        base.AfterAll();
        _totals.Dispose();
        _metrics.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Predictions_and_rejections_are_published_with_the_offset()
    {
        await using var topics = Open("transactions", "predictions", "rejected");
        var payments = Payments.Json(2);
        var batch = _pool.Rent().Read(Payments.Records(10, payments[0], Payments.Utf8("no payment"), payments[1]), _reader, ConsumerGroups.Score);
        batch.Scored = new BatchScored([0.5, 0.4999], "v3", Threshold: 0.5);

        await PublishAsync(topics, batch);

        (await topics.PositionAsync(ConsumerGroups.Score, Payments.Partition, default)).ShouldBe(13);
        var predictions = EmbeddedLog.ReadRecords(_folder, TopicNames.Predictions).ToList();
        predictions.Count.ShouldBe(2);
        for (var row = 0; row < 2; row++)
        {
            var original = Encoding.UTF8.GetString(payments[row]);
            Encoding.UTF8.GetString(predictions[row].Value.Span).ShouldStartWith(original[..^1] + ",\"score\":");
            predictions[row].Key.ToArray().ShouldBe(Encoding.UTF8.GetBytes("4000"));
        }

        predictions.Select(PredictionOf).ShouldBe([(0.5, 1, "v3", _time.Start), (0.4999, 0, "v3", _time.Start)]);
        var rejected = RejectedRecord.Read(EmbeddedLog.ReadRecords(_folder, TopicNames.Rejected).ShouldHaveSingleItem().Value).ShouldNotBeNull();
        (rejected.Topic, rejected.Offset, rejected.Reason.Code).ShouldBe(("transactions", 11, RejectCodes.NotAnObject));
        Encoding.UTF8.GetString(rejected.Original.Span).ShouldBe("no payment");
        _totals.Current.ShouldBe(new StreamTotals(0, 2, 1, 1, 0, 0));
        _pool.Rent().ShouldBeSameAs(batch);
    }

    [Fact]
    public async Task A_failed_publish_fails_the_stream_and_the_batch_is_not_pooled()
    {
        await using var topics = Open("transactions");
        var batch = _pool.Rent().Read(Payments.Records(0, Payments.Json(1)), _reader, ConsumerGroups.Score);
        var drift = new DriftRecorder(new LocalModels(_folder, _time), topics, () => true, _time, NullLogger.Instance);
        var counter = new DriftCounter("v3", new DriftReference([new DriftColumn("score", DriftKind.Score, [0.5], [], [.. new int[504]], 0, 1)], 0.5, [0, 0, 0], 1, 1), TrainedModel.Loaded.Features);
        batch.Scored = new BatchScored([0.9], "v3", Threshold: 0.5) { Drift = (counter, new double[TrainedModel.Loaded.Features.Count]) };

        var failure = await Record.ExceptionAsync(() => PublishAsync(topics, batch, drift));

        failure.ShouldNotBeNull().GetBaseException().ShouldBeOfType<MessageLogException>();
        (await topics.PositionAsync(ConsumerGroups.Score, Payments.Partition, default)).ShouldBe(0);
        _totals.Current.ShouldBe(default);
        counter.Hours.ShouldBe(0, "it is scored again, and counted then");
        _pool.Rent().ShouldNotBeSameAs(batch);
    }

    [Fact]
    public async Task A_published_batch_goes_to_the_challenger_which_returns_it()
    {
        await using var topics = Open("transactions", "predictions", "rejected");
        var batch = _pool.Rent().Read(Payments.Records(0, Payments.Json(2)), _reader, ConsumerGroups.Score);
        batch.Scored = new BatchScored([0.5, 0.4999], "v3", Threshold: 0.5);
        _shadow.Open(TestActor);

        await PublishAsync(topics, batch);

        (await ExpectMsgAsync<ShadowBatch>()).Batch.ShouldBeSameAs(batch);
        batch.Rows.Count.ShouldBe(2);
        _pool.Rent().ShouldNotBeSameAs(batch);
        EmbeddedLog.ReadRecords(_folder, TopicNames.Predictions).Count().ShouldBe(2);
    }

    EmbeddedMessageLog Open(params string[] topics) => EmbeddedMessageLog.Open(LogOf.Settings(_folder, 1, topics), TimeProvider.System, _ => { });

    async Task PublishAsync(IMessageLog topics, TransactionBatch batch, DriftRecorder? drift = null) =>
        await Source.Single(batch).Via(PublishPredictions.Flow(topics, _metrics, _time, _shadow, drift: drift)).RunWith(Sink.Ignore<Done>(), Sys.Materializer());

    static (double, int, string, DateTimeOffset) PredictionOf(TopicRecord record)
    {
        using var json = JsonDocument.Parse(record.Value);
        var root = json.RootElement;
        return (root.GetProperty("score").GetDouble(), root.GetProperty("prediction").GetInt32(), root.GetProperty("model_version").GetString()!,
            root.GetProperty("scored_at").GetDateTimeOffset());
    }
}
