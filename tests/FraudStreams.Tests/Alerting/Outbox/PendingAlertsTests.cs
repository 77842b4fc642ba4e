using FraudStreams.Alerting.Outbox;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Outbox;

[Trait("Category", "Unit")]
public sealed class PendingAlertsTests
{
    readonly PendingAlerts _pending = new();

    public PendingAlertsTests()
    {
        _pending.Opened(0);
        _pending.Opened(1);
        _pending.Set(0, 50);
        _pending.Set(1, 0);
    }

    [Fact]
    public void Alerts_of_a_revoked_partition_count_no_more()
    {
        _pending.Closed(0, isRevoked: true);

        (_pending.Waiting, _pending.IsIdle).ShouldBe((0, true));
        _pending.Closed(1, isRevoked: true);
        _pending.IsIdle.ShouldBeTrue("another host has both");
    }

    [Fact]
    public void Alerts_of_a_stream_that_failed_count_until_the_next_one_knows_its_partitions()
    {
        _pending.Closed(0, isRevoked: false);
        _pending.Closed(1, isRevoked: false);
        (_pending.Waiting, _pending.IsIdle).ShouldBe((50, false));

        _pending.Opened(1);
        (_pending.Waiting, _pending.IsIdle).ShouldBe((0, false), "1 is not recovered, and 0 is another host's");
        _pending.Set(1, 0);
        _pending.IsIdle.ShouldBeTrue();
    }

    [Fact]
    public void Alerts_of_a_stream_that_failed_are_those_of_the_process_that_took_over()
    {
        _pending.Closed(0, isRevoked: false);
        _pending.Closed(1, isRevoked: false);

        _pending.Elsewhere();

        (_pending.Waiting, _pending.IsIdle).ShouldBe((0, true));
    }
}
