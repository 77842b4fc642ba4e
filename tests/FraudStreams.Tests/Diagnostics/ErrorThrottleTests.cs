using FraudStreams.Diagnostics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Diagnostics;

[Trait("Category", "Unit")]
public sealed class ErrorThrottleTests
{
    readonly ManualTime _time = new();
    readonly CollectedLog _log = new();
    readonly ErrorThrottle _errors;

    public ErrorThrottleTests() => _errors = new ErrorThrottle(_log, "The store", _time);

    [Fact]
    public void An_outage_is_one_line_at_its_begin_one_a_minute_and_one_at_its_end()
    {
        for (var second = 0; second < 150; second++)
        {
            _errors.Warn("no server");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        _errors.Over();
        _errors.Over();

        _log.Lines.ShouldBe(
        [
            "The store: no server",
            "The store: no server (for 1 min 0 s now, 61 failures)",
            "The store: no server (for 2 min 0 s now, 121 failures)",
            "The store: works again, after 2 min 30 s and 150 failures",
        ]);
    }

    [Fact]
    public void The_first_failure_after_the_end_is_the_begin_of_another()
    {
        _errors.Warn("no server");
        _errors.Over();

        _errors.Warn("wrong password");

        _log.Warnings.ShouldBe(["The store: no server", "The store: wrong password"]);
    }

    [Fact]
    public void What_works_in_part_is_over_once_nothing_has_failed_for_a_while()
    {
        _errors.Worked();
        _errors.Warn("one of three is away");
        _time.Advance(TimeSpan.FromSeconds(10));
        _errors.Worked();
        _errors.Warn("one of three is away");
        _time.Advance(TimeSpan.FromSeconds(15));
        _errors.Worked();

        _log.Lines.ShouldBe(["The store: one of three is away", "The store: works again, after 25 s and 2 failures"]);
    }

    [Fact]
    public void Nothing_is_over_that_has_not_begun()
    {
        _errors.Over();

        _log.Lines.ShouldBeEmpty();
    }
}
