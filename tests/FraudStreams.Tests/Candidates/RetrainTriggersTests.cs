using FraudStreams.Candidates;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Candidates;

[Trait("Category", "Unit")]
public sealed class RetrainTriggersTests
{
    static readonly DateTimeOffset s_now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    static readonly RetrainSettings s_off = new(0, 0, null, false, TimeSpan.FromDays(1), TimeSpan.FromDays(90), RetrainFeatures.Recomputed);

    static readonly RetrainFacts s_facts = new(s_now, s_now.AddDays(-3), IsJudged: false, HasLost: false, NewLabels: 400, PrecisionLower: 0.6);

    [Fact]
    public void Nothing_is_due_where_all_triggers_are_off() =>
        RetrainTriggers.Due(s_facts with { HasLost = true, Drift = "all of it" }, s_off).ShouldBeNull();

    [Fact]
    public void Each_trigger_says_why()
    {
        RetrainTriggers.Due(s_facts, s_off with { MinNewLabels = 400 }).ShouldBe("400 labels are new, of 400 (min-new-labels)");
        RetrainTriggers.Due(s_facts, s_off with { MinNewLabels = 401 }).ShouldBeNull();
        RetrainTriggers.Due(s_facts, s_off with { MinAveragePrecision = 0.65 }).ShouldBe("the lower bound of the champion's average precision is 0.600, below 0.65 (min-average-precision)");
        RetrainTriggers.Due(s_facts, s_off with { MinAveragePrecision = 0.6 }).ShouldBeNull();
        RetrainTriggers.Due(s_facts, s_off with { Every = TimeSpan.FromDays(3) }).ShouldBe("the schedule: every 3.00:00:00");
        RetrainTriggers.Due(s_facts, s_off with { Every = TimeSpan.FromDays(4) }).ShouldBeNull();
        RetrainTriggers.Due(s_facts with { HasLost = true }, s_off with { Every = TimeSpan.FromDays(4) }).ShouldBe("the last challenger has lost at the gate; 400 labels are new");
        RetrainTriggers.Due(s_facts with { Drift = "amt has drifted" }, s_off with { OnDrift = true }).ShouldBe("amt has drifted");
        RetrainTriggers.Due(s_facts with { Drift = "amt has drifted" }, s_off with { Every = TimeSpan.FromDays(4) }).ShouldBeNull();
        RetrainTriggers.Due(s_facts, s_off with { OnDrift = true }).ShouldBeNull();
    }

    [Fact]
    public void A_challenger_that_is_judged_a_cool_down_and_a_lack_of_new_labels_hold_every_trigger_back()
    {
        var due = s_off with { MinNewLabels = 1, MinAveragePrecision = 0.9, Every = TimeSpan.FromHours(1) };

        RetrainTriggers.Due(s_facts with { IsJudged = true }, due).ShouldBeNull();
        RetrainTriggers.Due(s_facts with { LastTraining = s_now.AddHours(-23) }, due).ShouldBeNull();
        RetrainTriggers.Due(s_facts with { NewLabels = 0, HasLost = true }, due).ShouldBeNull();
        RetrainTriggers.Due(s_facts, due).ShouldNotBeNull();
    }
}
