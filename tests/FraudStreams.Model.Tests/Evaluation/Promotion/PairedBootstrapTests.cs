using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using FraudStreams.Model.Evaluation;
using FraudStreams.Model.Evaluation.Promotion;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Evaluation.Promotion;

public sealed class PairedBootstrapTests
{
    [Fact]
    public void Measures_of_the_payments_as_they_are_are_those_of_the_evaluation()
    {
        var payments = Random(2_000, cards: 300);

        var measured = new PairedBootstrap(payments, AmountBands.Of(payments)).Measured();

        var labels = Array.ConvertAll(payments, payment => payment.IsFraud ? (byte)1 : (byte)0);
        measured.ChampionPrecision.ShouldBe(Ranking.AveragePrecision(Array.ConvertAll(payments, payment => payment.Champion), labels), 1e-12);
        measured.ChallengerPrecision.ShouldBe(Ranking.AveragePrecision(Array.ConvertAll(payments, payment => payment.Challenger), labels), 1e-12);
        var alerts = payments.Count(payment => payment.ChampionAlerts);
        measured.ChampionRecall.ShouldBe(payments.OrderByDescending(payment => payment.Champion).Take(alerts).Count(payment => payment.IsFraud) / (double)payments.Count(payment => payment.IsFraud), 1e-12);
    }

    [Fact]
    public void Of_a_tie_that_the_alerts_cut_the_average_of_a_draw_counts()
    {
        GatePayment[] payments = [.. Enumerable.Range(0, 10).Select(row => new GatePayment(row, row, row < 5, row, row < 2, 0.5, false))];

        new PairedBootstrap(payments, AmountBands.Of(payments)).Measured().ChallengerRecall.ShouldBe(0.2, 1e-12);
    }

    /// <summary>Eight draws at once: each is what payments that are there as often as their card was drawn give in the evaluation.</summary>
    [Fact]
    public void A_draw_measures_what_its_payments_would_give_one_by_one()
    {
        const int cards = 40;
        var (payments, random) = (Random(600, cards), new Random(9));
        var cardOf = Array.ConvertAll(payments, payment => (int)payment.Card);
        var weights = Enumerable.Range(0, cards * 8).Select(_ => random.Next(4)).ToArray();
        var alerts = Enumerable.Range(0, 8).Select(_ => random.NextInt64(700)).ToArray();
        double[] precision = new double[8], recall = new double[8];

        new RankedPayments(payments, cardOf, payment => payment.Challenger).Measure(MemoryMarshal.Cast<int, Vector256<int>>(weights), alerts, precision, recall);

        for (var draw = 0; draw < 8; draw++)
        {
            var drawn = payments.SelectMany(payment => Enumerable.Repeat(payment, weights[((int)payment.Card * 8) + draw])).OrderByDescending(payment => payment.Challenger).ToArray();
            var frauds = (double)drawn.Count(payment => payment.IsFraud);
            precision[draw].ShouldBe(Ranking.AveragePrecision(Array.ConvertAll(drawn, payment => payment.Challenger), Array.ConvertAll(drawn, payment => payment.IsFraud ? (byte)1 : (byte)0)), 1e-12);
            var (left, caught) = ((double)alerts[draw], 0.0);
            foreach (var tie in drawn.GroupBy(payment => payment.Challenger))
            {
                var share = Math.Clamp(left / tie.Count(), 0, 1);
                (left, caught) = (left - tie.Count(), caught + (share * tie.Count(payment => payment.IsFraud)));
            }

            recall[draw].ShouldBe(caught / frauds, 1e-12);
        }
    }

    [Fact]
    public void Bounds_hold_in_as_many_samples_as_they_say()
    {
        // Of 100 samples of equal models the lower bound should lie above the truth, which is no difference, in some 5.
        var above = Enumerable.Range(0, 100).Count(seed =>
        {
            var payments = Random(400, cards: 150, seed);
            var drawn = new PairedBootstrap(payments, AmountBands.Of(payments)).Drawn((ulong)seed).Select(draw => draw.PrecisionDifference).Order().ToArray();
            return drawn[(int)(0.05 * drawn.Length)] > 0;
        });

        above.ShouldBeInRange(1, 12);
    }

    [Fact]
    public void A_card_with_many_payments_makes_the_bounds_wider_than_as_many_cards_with_one()
    {
        var apart = Random(2_000, cards: 1_000_000);
        var together = Array.ConvertAll(apart, payment => payment with { Card = (long)(payment.Champion * 20) });

        Width(together).ShouldBeGreaterThan(1.2 * Width(apart));

        static double Width(GatePayment[] payments)
        {
            var drawn = new PairedBootstrap(payments, AmountBands.Of(payments)).Drawn(1).Select(draw => draw.PrecisionDifference).Order().ToArray();
            return drawn[^50] - drawn[50];
        }
    }

    static GatePayment[] Random(int count, int cards, int seed = 3)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, count).Select(row =>
            {
                var fraud = random.NextDouble() < 0.1;
                double one = Score(fraud), other = Score(fraud);
                return new GatePayment(random.Next(cards), row, fraud, one, one > 0.8, other, other > 0.8, random.Next(100));
            }),
        ];

        double Score(bool fraud) => Math.Round(random.NextDouble() * 0.7 + (fraud ? 0.3 : 0), 2);
    }
}
