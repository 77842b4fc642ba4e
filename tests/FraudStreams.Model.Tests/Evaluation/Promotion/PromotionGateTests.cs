using FraudStreams.Model.Evaluation;
using FraudStreams.Model.Evaluation.Promotion;
using FraudStreams.Model.Models.Trees;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Evaluation.Promotion;

/// <summary>The champion has learnt from every eighth payment of days 10 to 20; the gate looks at days 20 to 50.</summary>
public sealed class PromotionGateTests
{
    const int Trained = 20, Judged = 50;

    static readonly LivePayments s_payments = new(days: 70);
    static readonly Candidate s_champion = s_payments.Train(10, Trained, every: 8);

    [Fact]
    public void A_model_of_twice_the_data_passes()
    {
        var report = Judge(s_payments.Train(10, Trained, every: 4));

        report.Reasons.ShouldBeEmpty();
        report.State.ShouldBe(GateState.Passed);
        report.AveragePrecision.ShouldNotBeNull().Lower.ShouldBeGreaterThan(-report.Rules.Margin);
        report.Evidence.EValue.ShouldBeGreaterThan(20);
    }

    [Fact]
    public void The_champion_itself_does_not_pass()
    {
        var report = Judge(s_champion);

        report.State.ShouldBe(GateState.Refused);
        report.Evidence.ShouldBe(new GateEvidence(0, 0, 1, 20));
        report.AveragePrecision.ShouldNotBeNull().Difference.ShouldBe(0);
    }

    [Theory]
    [InlineData("always fraud", 1.0)]
    [InlineData("never fraud", 0.0)]
    [InlineData("constant", 0.4)]
    public void A_model_that_scores_all_alike_is_refused(string name, double score)
    {
        var report = Judge(new Candidate(new BlindScorer(_ => score), 0.5, s_champion.TrainedTo));

        report.State.ShouldBe(GateState.Refused, name);
        report.IsLost.ShouldBeTrue();
        report.Reasons[0].ShouldStartWith("average precision is ");
        report.Reasons.Any(reason => reason.Contains("alerts a day")).ShouldBe(name == "always fraud");
    }

    [Fact]
    public void Random_scores_are_refused()
    {
        var random = new Random(5);

        ShouldBeWorse(Judge(new Candidate(new BlindScorer(_ => random.NextDouble()), 0.98, s_champion.TrainedTo)));
    }

    [Fact]
    public void A_model_that_learnt_the_label_from_a_feature_is_refused_since_live_the_feature_does_not_have_it()
    {
        var leaked = s_payments.Train(10, Trained, every: 4, leaksLabel: true);

        ShouldBeWorse(Judge(leaked));
    }

    [Fact]
    public void A_model_of_older_data_is_refused() => ShouldBeWorse(Judge(s_payments.Train(0, 5)));

    [Fact]
    public void A_model_that_learnt_the_gates_own_payments_is_not_judged_on_them()
    {
        var memorized = s_payments.Train(Trained, Judged, settings: new BoostingSettings { Trees = 150, MaxLeaves = 128, MaxDepth = 16, LearningRate = 0.3, MinChildWeight = 0, Threads = 1 });

        var onItsOwn = Judge(memorized);
        var onLater = Judge(memorized, to: 70);

        onItsOwn.State.ShouldBe(GateState.NotYet);
        onItsOwn.Payments.ShouldBe(0);
        onItsOwn.Reasons[0].ShouldStartWith("no payment counts: 15,000 are not later than the challenger's training data");
        onLater.Payments.ShouldBe((70 - Judged) * LivePayments.PerDay);
        onLater.LeftOutOfTraining.ShouldBe((Judged - Trained) * LivePayments.PerDay);
        var flattered = Judge(memorized with { TrainedTo = s_champion.TrainedTo });
        flattered.AveragePrecision.ShouldNotBeNull().Challenger.ShouldBeGreaterThan(onLater.AveragePrecision.ShouldNotBeNull().Challenger + 0.05);
    }

    [Fact]
    public void Too_few_frauds_or_days_are_not_enough_and_the_report_says_what_could_be_seen()
    {
        var report = Judge(s_payments.Train(10, Trained, every: 4), to: Trained + 3, Rules() with { MinFrauds = 1_000 });

        report.State.ShouldBe(GateState.NotYet);
        report.Reasons[0].ShouldContain("frauds among the payments that count, of 1,000 that are needed");
        report.Reasons[1].ShouldBe("3.0 days of payments that count, of 7 that are needed");
        report.Reasons[2].ShouldStartWith("on so many payments a difference in average precision of 0.");
    }

    [Fact]
    public void Labels_that_are_younger_than_the_delay_do_not_count()
    {
        var challenger = s_payments.Train(10, Trained, every: 4);

        var report = PromotionGate.Judge("one", "two", s_payments.Scored(s_champion, challenger, Trained, Judged), challenger.TrainedTo, LivePayments.DayOf(Judged), new GateRules());

        report.LeftOutImmature.ShouldBeInRange(7 * LivePayments.PerDay - 1, 7 * LivePayments.PerDay);
        report.To.ShouldBe(DateTimeOffset.FromUnixTimeMilliseconds(LivePayments.DayOf(Judged - 7)));
    }

    [Fact]
    public void A_guard_that_is_broken_refuses_a_better_model()
    {
        var better = s_payments.Train(10, Trained, every: 4);
        var payments = s_payments.Scored(s_champion, better, Trained, Judged);

        Reason(Rules(), Array.ConvertAll(payments, payment => payment with { ChallengerAlerts = payment.Challenger >= better.Threshold / 4 })).ShouldContain("alerts a day, more than 1.5 times");
        Reason(Rules(), Array.ConvertAll(payments, payment => payment with { Challenger = Math.Sqrt(payment.Challenger) })).ShouldContain("its calibration error is ");
        Reason(Rules(), Array.ConvertAll(payments, payment => payment.Amount < 150 ? payment with { ChallengerAlerts = false } : payment)).ShouldContain(" frauds of below ");
        Reason(Rules(), payments, TimeSpan.FromMilliseconds(80)).ShouldContain("p99 of scoring a batch is 80.0 ms, and may be 50");

        string Reason(GateRules rules, GatePayment[] changed, TimeSpan? p99 = null)
        {
            var report = PromotionGate.Judge("one", "two", changed, better.TrainedTo, LivePayments.DayOf(Judged), rules, p99);
            report.State.ShouldBe(GateState.Refused);
            return string.Join('\n', report.Reasons);
        }
    }

    [Fact]
    public void A_challenger_that_has_not_passed_in_its_time_has_lost()
    {
        var report = PromotionGate.Judge(
            "one", "two", s_payments.Scored(s_champion, s_champion, Trained, Judged), s_champion.TrainedTo, LivePayments.DayOf(Judged), Rules() with { MaxDays = 20 });

        report.State.ShouldBe(GateState.Refused);
        report.IsLost.ShouldBeTrue();
        report.Reasons.ShouldContain("it has not passed on 30 days of payments, and 20 is the most that it is given");
    }

    [Fact]
    public void The_order_of_the_input_and_a_second_look_change_nothing()
    {
        var challenger = s_payments.Train(10, Trained, every: 4);
        var payments = s_payments.Scored(s_champion, challenger, Trained, Judged);

        var one = GateJson.Write(PromotionGate.Judge("one", "two", payments, challenger.TrainedTo, LivePayments.DayOf(Judged), Rules()));
        var other = GateJson.Write(PromotionGate.Judge("one", "two", payments.Reverse().ToArray(), challenger.TrainedTo, LivePayments.DayOf(Judged), Rules()));

        other.ShouldBe(one);
    }

    static void ShouldBeWorse(GateReport report)
    {
        report.State.ShouldBe(GateState.Refused);
        report.IsLost.ShouldBeTrue();
        report.AveragePrecision.ShouldNotBeNull().Upper.ShouldBeLessThan(0);
        report.Evidence.EValue.ShouldBeLessThan(report.Evidence.Needed);
    }

    static GateReport Judge(Candidate challenger, int to = Judged, GateRules? rules = null) =>
        PromotionGate.Judge("one", "two", s_payments.Scored(s_champion, challenger, Trained, to), challenger.TrainedTo, LivePayments.DayOf(to), rules ?? Rules());

    static GateRules Rules() => new() { LabelDelayDays = 0 };
}
