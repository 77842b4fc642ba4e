using FraudStreams.Model.Evaluation.Promotion;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Evaluation.Promotion;

public sealed class BettingEvidenceTests
{
    [Fact]
    public void Wealth_is_the_mean_of_the_bettors()
    {
        var evidence = Of(true, true, false);

        evidence.Value.ShouldBe(Enumerable.Range(0, 9).Average(bettor => 8 * (0.55 + bettor * 0.05) * (0.55 + bettor * 0.05) * (0.45 - bettor * 0.05)), 1e-12);
        (evidence.Wins, evidence.Losses).ShouldBe((2, 1));
    }

    [Fact]
    public void Without_a_bet_it_is_one() => new BettingEvidence().Value.ShouldBe(1);

    [Fact]
    public void Thresholds_do_not_matter_and_equal_ranks_are_no_bet()
    {
        var (evidence, random) = (new BettingEvidence(), new Random(2));
        for (var row = 0; row < 5_000; row++)
        {
            var score = random.NextDouble();
            evidence.Add(new GatePayment(row, row * 1_000_000L, random.NextDouble() < score * score, score, score > 0.9, score / 2, score > 0.6));
        }

        (evidence.Wins + evidence.Losses, evidence.Value).ShouldBe((0, 1));
    }

    [Fact]
    public void A_burst_of_a_card_is_one_bet_and_a_later_day_of_it_none()
    {
        var evidence = new BettingEvidence();
        for (var hour = 0; hour < 72; hour++)
        {
            evidence.Add(new GatePayment(hour, hour * 3_600_000L, false, 0.2 + (hour * 0.001), false, 0.2 + (hour * 0.001), false));
            evidence.Add(new GatePayment(-1, (hour * 3_600_000L) + 1, hour >= 30, 0.2, false, hour >= 30 ? 0.9 : 0.1, hour >= 30));
        }

        evidence.Add(new GatePayment(99, 100 * 3_600_000L, false, 0.1, false, 0.1, false));

        (evidence.Wins, evidence.Losses).ShouldBe((1, 0));
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(1.1)]
    public void A_challenger_that_ranks_better_wins_also_where_the_champion_alerts_nobody(double threshold)
    {
        var (evidence, random) = (new BettingEvidence(), new Random(2));
        for (var row = 0; row < 5_000; row++)
        {
            var fraud = random.NextDouble() < 0.1;
            double good = (fraud ? 0.5 : 0) + (random.NextDouble() * 0.6), poor = fraud ? 0.2 + (random.NextDouble() * 0.8) : random.NextDouble();
            evidence.Add(new GatePayment(row, row * 1_000_000L, fraud, poor, poor > threshold, good, good > 0.3));
        }

        evidence.Value.ShouldBeGreaterThan(1_000);
    }

    [Fact]
    public void A_card_is_bet_on_once()
    {
        var evidence = new BettingEvidence();
        for (var payment = 0; payment < 50; payment++)
            evidence.Bet(card: 7, isChallengerHigher: true);

        (evidence.Wins, evidence.Losses).ShouldBe((1, 0));
    }

    [Fact]
    public void Fair_coins_reach_twenty_in_at_most_one_game_of_twenty()
    {
        const int games = 2_000, bets = 1_000;
        var random = new Random(1);

        var reached = Enumerable.Range(0, games).Count(_ =>
        {
            var evidence = new BettingEvidence();
            var best = 0.0;
            for (var bet = 0; bet < bets; bet++)
            {
                evidence.Bet(bet, random.Next(2) == 1);
                best = Math.Max(best, evidence.Value);
            }

            return best >= 20;
        });

        reached.ShouldBeInRange(1, games / 20);
    }

    [Fact]
    public void A_challenger_that_is_always_right_stays_within_numbers()
    {
        var evidence = new BettingEvidence();
        for (var card = 0; card < 5_000; card++)
            evidence.Bet(card, isChallengerHigher: true);

        evidence.Value.ShouldBe(1e12);
    }

    static BettingEvidence Of(params bool[] right)
    {
        var evidence = new BettingEvidence();
        for (var card = 0; card < right.Length; card++)
            evidence.Bet(card, right[card]);
        return evidence;
    }
}
