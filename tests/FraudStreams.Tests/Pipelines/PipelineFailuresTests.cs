using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Pipelines;
using FraudStreams.Tests.Diagnostics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Pipelines;

[Trait("Category", "Unit")]
public sealed class PipelineFailuresTests
{
    readonly ManualTime _time = new();
    readonly CollectedLog _log = new();
    readonly PipelineHealth _health;
    readonly PipelineFailures _failures;

    public PipelineFailuresTests()
    {
        _health = new PipelineHealth(TimeSpan.FromMinutes(1), _time);
        _failures = new PipelineFailures("store", new BackoffSettings(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8)), _health, new ErrorThrottle(_log, "store", _time), _time);
    }

    [Fact]
    public void Pauses_double_to_the_maximum_however_long_each_try_lasts()
    {
        _failures.Pause.ShouldBe(TimeSpan.Zero);

        var pauses = new List<double>();
        for (var attempt = 0; attempt < 6; attempt++)
        {
            Fail();
            pauses.Add(_failures.Pause.TotalSeconds);
            _time.Advance(_failures.Pause + TimeSpan.FromMinutes(attempt));
        }

        pauses.ShouldBe([1, 2, 4, 8, 8, 8]);
    }

    [Fact]
    public void A_batch_between_two_failures_ends_nothing()
    {
        for (var attempt = 0; attempt < 5; attempt++)
        {
            Fail();
            _time.Advance(_failures.Pause);
            _failures.Worked();
            _time.Advance(TimeSpan.FromMilliseconds(500));
        }

        _failures.Pause.ShouldBe(TimeSpan.FromSeconds(8));
        _log.Lines.ShouldHaveSingleItem().ShouldBe("store: no server. It starts again from its last commit after a pause");
        _health.Failing().Keys.ShouldBe(["store"]);
    }

    [Fact]
    public void Failures_are_over_once_it_has_worked_for_as_long_as_it_paused()
    {
        Fail();
        Fail();
        _time.Advance(_failures.Pause);
        _failures.Worked();
        _time.Advance(TimeSpan.FromSeconds(1.9));
        _failures.Pause.ShouldBe(TimeSpan.FromSeconds(2));

        // No further batch is needed: there may be none for hours.
        _time.Advance(TimeSpan.FromSeconds(0.1));

        _failures.Pause.ShouldBe(TimeSpan.Zero);
        _health.Failing().ShouldBeEmpty();
        _log.Lines.Last().ShouldBe("store: works again, after 4 s and 2 failures");
    }

    [Fact]
    public void A_pipeline_that_never_failed_says_nothing_when_it_works()
    {
        _failures.Worked();
        _time.Advance(TimeSpan.FromMinutes(1));

        _log.Lines.ShouldBeEmpty();
    }

    void Fail() => _failures.Failed("no server");
}
