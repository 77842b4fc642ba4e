using FraudStreams.Diagnostics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Diagnostics;

[Trait("Category", "Unit")]
public sealed class StreamTracesTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.01, 100)]
    [InlineData(0.3, 3_000)]
    [InlineData(1, 10_000)]
    public void A_sample_is_the_share_that_was_asked_for_evenly_spaced(double share, int expected)
    {
        var sample = new TraceSample(share);

        var chosen = Enumerable.Range(0, 10_000).Where(_ => sample.Next()).ToList();

        chosen.Count.ShouldBe(expected);
        for (var next = 1; next < chosen.Count; next++)
            (chosen[next] - chosen[next - 1]).ShouldBeInRange((int)(1 / share), (int)Math.Ceiling(1 / share));
    }

    /// <summary>What other programs write into the header is not trusted to be one.</summary>
    [Theory]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", false)]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01", false)]
    [InlineData("4485370000007771", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Only_the_context_of_a_sampled_trace_is_continued(string? traceParent, bool isContinued)
    {
        StreamTraces.TryParse(traceParent, out var context).ShouldBe(isContinued);
        (context != default).ShouldBe(isContinued);
    }
}
