using FraudStreams.Diagnostics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Diagnostics;

[Trait("Category", "Unit")]
public sealed class BlockingCallTests
{
    [Fact]
    public async Task A_call_that_waits_takes_no_thread_from_the_pool()
    {
        var wasPools = true;

        await BlockingCall.RunAsync(() => { wasPools = Thread.CurrentThread.IsThreadPoolThread; });

        wasPools.ShouldBeFalse();
        (await BlockingCall.RunAsync(() => Thread.CurrentThread.IsThreadPoolThread)).ShouldBeFalse();
    }
}
