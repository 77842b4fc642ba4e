using System.Text;
using FraudStreams.Model.Json;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Json;

[Trait("Category", "Unit")]
public sealed class ShadowTests
{
    static readonly ShadowScore Score = new("t\"1", 1_577_934_245_678, "v2", 0.1 + 0.2, false, 0.5, "v1", 0.75, true, 1_767_323_045_678) { Reasons = "[{\"code\":\"x\"}]" };

    [Fact]
    public void A_record_reads_as_it_was_written_bit_for_bit()
    {
        ShadowReader.TryRead(Score.ToJson(), out var read, out var reason).ShouldBeTrue(reason?.Message);

        read.ShouldBe(Score);
        read!.Disagrees.ShouldBeTrue();
    }

    [Theory]
    [InlineData("not json", RejectCodes.NotJson)]
    [InlineData("[1]", RejectCodes.NotAnObject)]
    [InlineData("{}", RejectCodes.MissingField)]
    [InlineData("\"id\":\"t1\"|\"id\":\"\"", RejectCodes.EmptyField)]
    [InlineData("\"id\":\"t1\"|\"id\":\"\\ud800\"", RejectCodes.NotUtf8)]
    [InlineData("\"id\":\"t1\"|\"id\":\"a\\u0000\"", RejectCodes.WrongType)]
    [InlineData("\"score\":0.25|\"score\":\"0.25\"", RejectCodes.WrongType)]
    [InlineData("\"score\":0.25|\"score\":1.5", RejectCodes.WrongType)]
    [InlineData("\"prediction\":0|\"prediction\":2", RejectCodes.WrongType)]
    [InlineData("2026-01-02T03:04:05.678Z|yesterday", RejectCodes.NotATime)]
    public void What_is_none_is_rejected_with_its_code(string change, string code)
    {
        var text = change;
        if (change.Split('|') is [var from, var to])
        {
            var good = Encoding.UTF8.GetString(new ShadowScore("t1", 1_577_934_245_678, "v2", 0.25, false, 0.5, "v1", 0.5, true, 1_767_323_045_678).ToJson());
            good.ShouldContain(from);
            text = good.Replace(from, to);
        }

        ShadowReader.TryRead(Encoding.UTF8.GetBytes(text), out var score, out var reason).ShouldBeFalse();

        score.ShouldBeNull();
        reason!.Code.ShouldBe(code);
    }

    [Theory]
    [InlineData("t1", true)]
    [InlineData("", false)]
    [InlineData("a\nb", false)]
    public void Ids_that_no_label_can_name_are_not_compared(string id, bool can) => ShadowScore.CanHold(Encoding.UTF8.GetBytes(id)).ShouldBe(can);
}
