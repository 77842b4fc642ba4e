using System.Text;
using FraudStreams.Dashboard.Data;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Dashboard;

[Trait("Category", "Unit")]
public sealed class RawLineTests
{
    [Theory]
    [InlineData("""{"cc_num":"4000000000000002","amt":"a lot","first":"Ann"}""", "cc_num: ****, amt: “a lot”, first: ****")]
    [InlineData("""{"cc_num":4000000000000002,"merchant":"card 4000000000000002"}""", "cc_num: ****0002, merchant: “card ****0002”")]
    [InlineData("""{"4000000000000002":1,"note":"Ann Miller"}""", "(16 letters, unknown): ****, (4 letters, unknown): ****")]
    [InlineData("card 4000000000000002, Ann", "xxxx 0000000000000000, xxx")]
    [InlineData("""{"cc_num":"4000000000000002","fi""", """{"xx_xxx":"0000000000000000","xx""")]
    [InlineData("""["Ann"]""", """["xxx"]""")]
    public void Rejected_line_shows_no_secret_wherever_it_stands(string line, string shown) =>
        RawLine.Mask(Encoding.UTF8.GetBytes(line), TrainedModel.Schema).ShouldBe(shown);
}
