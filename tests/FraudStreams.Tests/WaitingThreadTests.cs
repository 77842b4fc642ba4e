using Shouldly;
using Xunit;

namespace FraudStreams.Tests;

public sealed class WaitingThreadTests
{
    [Fact]
    public async Task A_call_that_waits_takes_no_thread_from_the_pool()
    {
        var wasPools = true;

        await WaitingThread.RunAsync(() => { wasPools = Thread.CurrentThread.IsThreadPoolThread; });

        wasPools.ShouldBeFalse();
        (await WaitingThread.RunAsync(() => Thread.CurrentThread.IsThreadPoolThread)).ShouldBeFalse();
    }
}
