using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Scoring;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Scoring;

[Trait("Category", "Unit")]
public sealed class ScoreTransactionsTests : ActorTest
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    readonly TransactionBatchPool _pool = new(() => new TransactionRows(TrainedModel.Schema));
    readonly TransactionReader _reader = new(TrainedModel.Schema);

    [Fact]
    public async Task Batches_keep_their_order_in_whatever_order_answers_come()
    {
        var scoring = RunAsync(new ScoringSettings(2, Limit, 3), Batch(0, 1), Batch(1, 2));
        var first = await ExpectMsgAsync<ScoreBatch>();
        var firstAsker = LastSender;
        var second = await ExpectMsgAsync<ScoreBatch>();

        LastSender.Tell(Answer(second, "second"));
        firstAsker.Tell(Answer(first, "first"));

        var batches = await scoring.WaitAsync(Limit);
        batches.Select(batch => (batch.Rows.Count, batch.Scored!.ModelVersion)).ShouldBe([(1, "first"), (2, "second")]);
    }

    [Fact]
    public async Task A_model_that_does_not_answer_in_time_fails_the_stream()
    {
        var scoring = RunAsync(new ScoringSettings(2, TimeSpan.FromMilliseconds(50), 3), Batch(0, 1));

        var failure = await Record.ExceptionAsync(() => scoring.WaitAsync(Limit));
        failure.ShouldNotBeNull().GetBaseException().ShouldBeOfType<AskTimeoutException>();
    }

    [Fact]
    public async Task A_model_that_answers_with_a_failure_fails_the_stream_with_its_cause()
    {
        var scoring = RunAsync(new ScoringSettings(2, Limit, 3), Batch(0, 1));
        await ExpectMsgAsync<ScoreBatch>();

        LastSender.Tell(new Status.Failure(new InvalidDataException("a broken model")));

        var failure = await Record.ExceptionAsync(() => scoring.WaitAsync(Limit));
        failure.ShouldNotBeNull().GetBaseException().Message.ShouldBe("a broken model");
    }

    [Fact]
    public async Task A_batch_without_a_readable_row_bypasses_the_model()
    {
        var unreadable = _pool.Rent().Read(Payments.Records(0, Payments.Utf8("{")), _reader, "score");

        var batches = await RunAsync(new ScoringSettings(2, Limit, 3), unreadable).WaitAsync(Limit);

        batches.ShouldHaveSingleItem().Scored.ShouldBeNull();
        await ExpectNoMsgAsync(TimeSpan.Zero);
    }

    TransactionBatch Batch(long firstOffset, int rows) => _pool.Rent().Read(Payments.Records(firstOffset, Payments.Json(rows)), _reader, "score");

    static BatchScored Answer(ScoreBatch asked, string version) => new(new double[asked.Rows.Count], version, 0.5);

    async Task<IEnumerable<TransactionBatch>> RunAsync(ScoringSettings settings, params TransactionBatch[] batches) =>
        await Source.From(batches).Via(ScoreTransactions.Flow(TestActor, settings)).RunWith(Sink.Seq<TransactionBatch>(), Sys.Materializer());
}
