using System.Buffers;
using System.Text.Json;
using FraudStreams.Model.Json;
using FraudStreams.Model.Tests.Schemas;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Json;

public sealed class PredictionTests : IDisposable
{
    static readonly DateTimeOffset ScoredAt = new(2026, 11, 21, 3, 4, 5, 678, TimeSpan.FromHours(2));

    readonly ArrayBufferWriter<byte> _into = new();
    readonly PredictionReader _reader = new(TestSchemas.Small);
    readonly PredictionRows _rows = new(TestSchemas.Small);

    public void Dispose() => _rows.Dispose();

    [Fact]
    public void A_prediction_is_the_transaction_with_the_models_output_appended()
    {
        PredictionWriter.Write(_into, TestSchemas.Good.Utf8(), 0.1 + 0.2, fraud: true, "2026-11-21.1", ScoredAt);

        _into.WrittenSpan.Text().ShouldBe(
            TestSchemas.Good[..^1] + ",\"score\":0.30000000000000004,\"prediction\":1,\"model_version\":\"2026-11-21.1\",\"scored_at\":\"2026-11-21T01:04:05.678Z\"}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1e-300)]
    [InlineData(0.9999999999999999)]
    [InlineData(double.Epsilon)]
    public void Reading_gives_back_every_bit_of_the_score(double score)
    {
        PredictionWriter.Write(_into, TestSchemas.Good.Utf8(), score, fraud: false, "v \"1\" é", ScoredAt);

        _reader.Read(_into.WrittenSpan, _rows).ShouldBeNull();

        _rows.Count.ShouldBe(1);
        _rows.Score(0).ShouldBe(score);
        _rows.Fraud(0).ShouldBeFalse();
        _rows.ModelVersion(0).Text().ShouldBe("v \"1\" é");
        _rows.ScoredAt(0).ShouldBe(ScoredAt.ToUnixTimeMilliseconds());
        _rows.Transactions.Id(0).Text().ShouldBe("t1");
        _rows.Transactions.Amount(0).ShouldBe(115.32);
        _rows.Transactions.Source(0).SequenceEqual(_into.WrittenSpan).ShouldBeTrue();
        JsonDocument.Parse(_into.WrittenMemory).RootElement.GetProperty("model_version").GetString().ShouldBe("v \"1\" é");
    }

    [Fact]
    public void White_space_and_unknown_fields_of_the_transaction_are_kept()
    {
        PredictionWriter.Write(_into, " {\"id\" : \"a\" , \"x\":{\"y\":[1]} } \n"u8, 0.5, fraud: false, "v", ScoredAt);

        _into.WrittenSpan.Text().ShouldStartWith(" {\"id\" : \"a\" , \"x\":{\"y\":[1]} ,\"score\":0.5,");
    }

    [Fact]
    public void Reasons_follow_the_features_and_leave_the_record_readable()
    {
        PredictionWriter.Write(_into, TestSchemas.Good.Utf8(), 0.5, fraud: true, "v", ScoredAt, [1.5, double.NaN], """[{"code":"value:amount"}]"""u8);

        _into.WrittenSpan.Text().ShouldEndWith(",\"feature_values\":[1.5,null],\"reasons\":[{\"code\":\"value:amount\"}]}");
        _reader.Read(_into.WrittenSpan, _rows).ShouldBeNull();
        FeatureValues.Read(_into.WrittenSpan).ShouldBe([1.5, double.NaN]);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.PositiveInfinity)]
    public void A_score_outside_0_to_1_is_never_written(double score)
    {
        Should.Throw<ArgumentOutOfRangeException>(() => PredictionWriter.Write(_into, TestSchemas.Good.Utf8(), score, fraud: false, "v", ScoredAt));

        _into.WrittenCount.ShouldBe(0);
    }

    [Fact]
    public void A_transaction_without_a_score_is_not_a_prediction()
    {
        _reader.Read(TestSchemas.Good.Utf8(), _rows).ShouldBe(new RejectReason(RejectCodes.MissingField, "score: is missing"));

        _rows.Count.ShouldBe(0);
    }

    [Fact]
    public void A_rejected_record_keeps_any_bytes_and_reason()
    {
        var original = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        var rejected = new RejectedRecord(
            new RejectReason(RejectCodes.NotJson, "the \"record\" is not JSON\n"), "transactions", 3, 42, ScoredAt.ToUniversalTime(), original);

        rejected.Write(_into);
        var back = RejectedRecord.Read(_into.WrittenMemory).ShouldNotBeNull();

        (back with { Original = rejected.Original }).ShouldBe(rejected);
        back.Original.ToArray().ShouldBe(original);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("hello")]
    [InlineData("[]")]
    [InlineData("{\"code\":1}")]
    public void Json_that_is_not_a_rejected_record_reads_as_null(string json) => RejectedRecord.Read(json.Utf8()).ShouldBeNull();
}
