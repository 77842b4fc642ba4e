using FraudStreams.Model.Drift;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Drift;

public sealed class DriftJudgeTests
{
    static readonly DriftReference s_reference = Watched.Reference();

    [Fact]
    public void Quiet_payments_alarm_at_most_once_in_ninety_days_over_twenty_seeds()
    {
        var alarms = Enumerable.Range(100, 20).Sum(seed => Judge(Watched.Count(s_reference, 21, 91, 300, seed)).Alarms.Length);

        alarms.ShouldBeLessThanOrEqualTo(20);
    }

    [Fact]
    public void Prices_that_rise_by_a_fifth_are_found_within_three_days_and_named() =>
        Found(payment => With(payment, 0, payment.Values[0] * 1.2)).ShouldBe("amount");

    [Fact]
    public void Cents_are_found_and_named() => Found(payment => With(payment, 0, payment.Values[0] * 100)).ShouldBe("amount");

    [Fact]
    public void A_category_that_vanishes_is_found_and_named()
    {
        var report = Broken(payment => With(payment, 1, payment.Values[1] == 2 ? 0 : payment.Values[1]));

        report.Alarms.ShouldHaveSingleItem().What.ShouldStartWith("travel: ");
        report.Alarms[0].What.ShouldEndWith("→ 0.0 %");
    }

    [Fact]
    public void A_field_that_goes_missing_is_found_and_named_without_its_secret_values()
    {
        Broken(payment => With(payment, 2, double.NaN)).Alarms.ShouldHaveSingleItem().What.ShouldEndWith("→ 100.0 %");
        Broken(payment => With(payment, 2, payment.Values[2] / 2)).Alarms.ShouldHaveSingleItem().What.ShouldBe("secret values are distributed otherwise");
    }

    [Fact]
    public void A_time_zone_that_slips_shows_in_the_hour()
    {
        var (rows, times, scores) = Watched.Days(21, 5, 800, seed: 7);
        var values = rows.Values.ToArray();
        for (var row = 0; row < times.Length; row++)
        {
            times[row] += 5 * 3_600_000;
            values[(row * Watched.Plan.Count) + 3] = times[row] / 3_600_000 % 24;
        }

        var counter = new DriftCounter(Watched.Version, s_reference, Watched.Plan);
        counter.Count(row => times[row], scores, values);
        var history = new DriftHistory(Watched.Version, s_reference.Counters);
        foreach (var hour in counter.Take())
            history.Add(hour);

        Judge(history).Alarms.Select(alarm => alarm.Name).ShouldBe(["time of day", "hour"], ignoreOrder: true);
    }

    [Fact]
    public void Frauds_that_come_to_look_like_others_are_found_by_labels()
    {
        var report = Broken(payment => payment.IsFraud ? payment with { Score = payment.Score / 4 } : payment);

        report.Alarms.Select(alarm => alarm.Name).ShouldContain("recall");
        var last = report.Windows[^1];
        last.Estimate.Recall!.Value.ShouldBeGreaterThan(last.Truth!.Value.Recall!.Value + 0.2, "an estimate does not see it");
    }

    [Fact]
    public void What_is_confirmed_needs_as_many_windows_as_the_rules_say()
    {
        // One bad day.
        var history = Watched.Count(s_reference, 21, 3, 800, seed: 3);
        foreach (var hours in new[] { Watched.Count(s_reference, 24, 1, 800, seed: 4, payment => With(payment, 0, payment.Values[0] * 3)), Watched.Count(s_reference, 25, 4, 800, seed: 5) })
        {
            foreach (var (hour, counts) in hours.Hours)
                history.Add(new DriftHour(Watched.Version, hour, counts));
        }

        Judge(history).Alarms.ShouldBeEmpty();
        Judge(history, new DriftRules { Confirm = 1, Of = 1 }).Alarms.Single().Name.ShouldBe("amount");
    }

    [Fact]
    public void An_outage_and_a_quiet_sunday_are_no_drift()
    {
        var history = Watched.Count(s_reference, 21, 15, 800, seed: 11);
        var halves = new DriftHistory(Watched.Version, s_reference.Counters);
        foreach (var (hour, counts) in history.Hours.Where(hour => hour.Key % 24 is < 4 or > 13))
            halves.Add(new DriftHour(Watched.Version, hour, counts));

        Judge(halves).Alarms.ShouldBeEmpty();
    }

    [Fact]
    public void What_rests_on_earlier_payments_is_judged_once_the_stream_has_run_for_so_long()
    {
        var reference = s_reference with { Columns = [s_reference.Columns[0] with { MemoryHours = 60 }, .. s_reference.Columns[1..^1], s_reference.Score with { MemoryHours = 60 }] };
        var history = Watched.Count(reference, 21, 6, 800, seed: 11);
        var warm = new DriftHistory(Watched.Version, reference.Counters) { IsWarm = true };
        foreach (var (hour, counts) in history.Hours)
            warm.Add(new DriftHour(Watched.Version, hour, counts));

        Names(history, 2).ShouldBe(["kind", "limit", "hour", "time of day"]);
        Names(history, 3).ShouldBe(["amount", "kind", "limit", "hour", "score", "time of day", "alerts", "recall", "precision"]);
        Names(warm, 0).ShouldContain("amount");

        IEnumerable<string> Names(DriftHistory of, int window) => DriftJudge.Judge(reference, of, Watched.Threshold, new DriftRules()).Windows[window].Findings.Select(finding => finding.Name);
    }

    [Fact]
    public void Windows_are_judged_once_they_are_over_and_between_the_times_asked_for()
    {
        var history = Watched.Count(s_reference, 21, 10, 800, seed: 11);
        var first = history.Hours.Keys.First() / 24 * 24;

        Judge(history).Windows.Length.ShouldBe(9, "the last day is not over");
        DriftJudge.Judge(s_reference, history, Watched.Threshold, new DriftRules(), first + 24, first + 96).Windows.Select(window => window.From.ToUnixTimeSeconds() / 3600)
            .ShouldBe([first + 24, first + 48, first + 72]);
        Judge(history, new DriftRules { MinPayments = 700 }).Windows.Length.ShouldBe(7, "weekends have fewer");
        Judge(new DriftHistory(Watched.Version, s_reference.Counters)).Windows.ShouldBeEmpty();
    }

    [Fact]
    public void The_report_draws_what_alarmed_first_and_shows_no_secret_value()
    {
        var history = Watched.Count(s_reference, 21, 5, 1_500, seed: 7, payment => With(With(payment, 0, payment.Values[0] * 2), 2, payment.Values[2] / 2));
        var report = Judge(history);

        var html = DriftHtml.Write(report, s_reference, history, new DriftRules());

        report.Alarms.Select(alarm => alarm.Name).ShouldBe(["amount", "limit"], ignoreOrder: true);
        foreach (var alarm in report.Alarms)
            html.ShouldContain($"{alarm.Name}: effect by window");
        html.ShouldContain("amount: share of payments, last window");
        html.ShouldContain("<td>bin 2</td>");
        foreach (var edge in s_reference.Columns[2].Edges)
            html.ShouldNotContain($" to {edge.ToString("0.####", System.Globalization.CultureInfo.InvariantCulture)}<", Case.Sensitive, "its values are secret");
        DriftHtml.Write(report with { Windows = [], Alarms = [] }, s_reference, history, new DriftRules()).ShouldContain("No window of 24 h");
    }

    static DriftReport Judge(DriftHistory history, DriftRules? rules = null) => DriftJudge.Judge(s_reference, history, Watched.Threshold, rules ?? new DriftRules());

    /// <summary>Four days, and one that is not over.</summary>
    static DriftReport Broken(Func<Watched.Payment, Watched.Payment> change) => Judge(Watched.Count(s_reference, 21, 5, 1_500, seed: 7, change));

    /// <summary>What is named first, within three days.</summary>
    static string Found(Func<Watched.Payment, Watched.Payment> change)
    {
        var alarm = Broken(change).Alarms.First();
        (alarm.ConfirmedAt - alarm.Since).TotalDays.ShouldBeLessThanOrEqualTo(3);
        return alarm.Name;
    }

    static Watched.Payment With(Watched.Payment payment, int feature, double value)
    {
        var values = (double[])payment.Values.Clone();
        values[feature] = value;
        return payment with { Values = values };
    }
}
