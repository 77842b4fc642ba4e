using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Scoring;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Scoring;

[Trait("Category", "Unit")]
public sealed class TransactionBatchTests
{
    readonly TransactionReader _reader = new(TrainedModel.Schema);
    readonly TransactionBatchPool _pool = new(() => new TransactionRows(TrainedModel.Schema));

    [Fact]
    public void Holds_rows_rejections_and_the_offset_after_both()
    {
        var payments = Payments.Json(2);

        var batch = _pool.Rent().Read(Payments.Records(40, payments[0], Payments.Utf8("{"), payments[1], Payments.Utf8("")), _reader, "score");

        batch.Rows.Count.ShouldBe(2);
        batch.Records.Select(record => record.Offset).ShouldBe([40, 42]);
        batch.Rows.Source(1).ToArray().ShouldBe(payments[1]);
        batch.Rejected.Select(rejected => (rejected.Record.Offset, rejected.Reason.Code)).ShouldBe([(41, RejectCodes.Truncated), (43, RejectCodes.NotJson)]);
        batch.Position.ShouldBe(new ConsumerOffset("score", Payments.Partition, 44));
    }

    [Fact]
    public void A_returned_batch_is_reused_empty()
    {
        var first = _pool.Rent().Read(Payments.Records(0, [.. Payments.Json(3), Payments.Utf8("{")]), _reader, "score");
        first.Scored = new BatchScored([0.1, 0.2, 0.3], "v1", 0.5);
        first.Return();

        var second = _pool.Rent().Read(Payments.Records(7, Payments.Json(1)), _reader, "score");

        second.ShouldBeSameAs(first);
        second.Rows.Count.ShouldBe(1);
        second.Records.Count.ShouldBe(1);
        second.Rejected.ShouldBeEmpty();
        second.Scored.ShouldBeNull();
        second.Position.NextOffset.ShouldBe(8);
    }

    [Fact]
    public void A_batch_that_was_not_returned_is_not_reused() => _pool.Rent().ShouldNotBeSameAs(_pool.Rent());
}
