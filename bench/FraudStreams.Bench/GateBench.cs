using System.Diagnostics;
using System.Globalization;
using FraudStreams.Model.Evaluation;
using FraudStreams.Model.Evaluation.Promotion;

namespace FraudStreams.Bench;

/// <summary>
/// How often the gate passes a challenger that is exactly as good as the champion, and one that is better, and what it said last where it did not, when it is looked at every hour, or every so many.
/// <c>… -- gate [seeds=200] [days=60] [payments=1000] [noise=80] [every=1]</c>; noise is the challenger's own, in percent of the champion's. Frauds come in bursts of a card, and a model catches or misses much of a burst as one: what would
/// fool a rule that takes payments for independent.
/// </summary>
static class GateBench
{
    const double FraudShare = 0.01, Separation = 3.2;

    static readonly GateRules s_rules = new();

    public static void Run(string[] options)
    {
        var given = options.Select(option => option.Split('=', 2)).ToDictionary(option => option[0], option => int.Parse(option[1], CultureInfo.InvariantCulture));
        var (seeds, days, perDay) = (given.GetValueOrDefault("seeds", 200), given.GetValueOrDefault("days", 60), given.GetValueOrDefault("payments", 1000));
        var every = given.GetValueOrDefault("every", 1);
        Console.WriteLine($"{seeds} seeds, {days} days of {perDay:N0} payments, a look each {(every == 1 ? "hour" : $"{every} hours")}");
        foreach (var noise in given.TryGetValue("noise", out var percent) ? (double[])[percent / 100.0] : [1, 0.8, 0.6])
        {
            var started = Stopwatch.GetTimestamp();
            var runs = new Outcome[seeds];
            Parallel.For(0, seeds, seed => runs[seed] = Play(seed, days, perDay, noise, every));
            var passed = runs.Where(run => run.PassedOn is not null).Select(run => run.PassedOn!.Value).Order().ToArray();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"challenger's noise {noise:0.0} of the champion's: average precision {runs.Average(run => run.Champion):0.000} and {runs.Average(run => run.Challenger):0.000}; passed {passed.Length} ({(double)passed.Length / seeds:0.0%})"
                + $"{(passed.Length > 0 ? $", half of them by day {passed[passed.Length / 2]:0.0}, nine of ten by day {passed[passed.Length * 9 / 10]:0.0}" : "")}; e-value reached 20 in {runs.Count(run => run.Reached)}, with a bet on each payment {runs.Count(run => run.ReachedByPayment)}; {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s"));
            foreach (var why in runs.Where(run => run.PassedOn is null).SelectMany(run => run.Last).GroupBy(Kind).OrderByDescending(kind => kind.Count()))
                Console.WriteLine($"  not passed, at its last look, in {why.Count()}: {why.Key}");
        }
    }

    /// <summary>A reason without its figures.</summary>
    static string Kind(string reason) => string.Concat(reason.Split(' ').Where(word => !word.Any(char.IsDigit)).Select(word => word + " ")).Trim();

    /// <summary>The gate asks for the evidence, for so many frauds and so long a time in any case, so that the rest of it is computed only where these suffice.</summary>
    static Outcome Play(int seed, int days, int perDay, double noise, int every)
    {
        var payments = Make(seed, days, perDay, noise);
        var (evidence, byPayment) = (new BettingEvidence(), new BettingEvidence());
        var (passedOn, reached, reachedByPayment, next, frauds, last) = ((double?)null, false, false, 0, 0, (IEnumerable<string>)["the evidence, the frauds or the time do not suffice"]);
        for (var hour = every; hour <= days * 24 && passedOn is null; hour += every)
        {
            for (; next < payments.Length && payments[next].Time <= hour * 3_600_000L; next++)
            {
                frauds += payments[next].IsFraud ? 1 : 0;
                evidence.Add(payments[next]);
                byPayment.Add(payments[next] with { Card = next });
            }

            reachedByPayment |= byPayment.Value >= 1 / GateRules.Level;
            if (evidence.Value < 1 / GateRules.Level)
                continue;
            reached = true;
            if (frauds < s_rules.MinFrauds || payments[next - 1].Time - payments[0].Time < s_rules.MinDays * 86_400_000)
                continue;
            var report = Judge(payments.AsSpan(0, next));
            (passedOn, last) = (report.State == GateState.Passed ? (double?)(hour / 24.0) : null, report.Reasons);
        }

        var labels = Array.ConvertAll(payments, payment => payment.IsFraud ? (byte)1 : (byte)0);
        return new Outcome(
            passedOn, reached, reachedByPayment, last, Ranking.AveragePrecision(Array.ConvertAll(payments, payment => payment.Champion), labels),
            Ranking.AveragePrecision(Array.ConvertAll(payments, payment => payment.Challenger), labels));
    }

    static GateReport Judge(ReadOnlySpan<GatePayment> payments) => PromotionGate.Judge("one", "other", payments, -1, long.MaxValue / 2, s_rules);

    static GatePayment[] Make(int seed, int days, int perDay, double challengerNoise)
    {
        var random = new Random(seed);
        var (payments, cards) = (new List<GatePayment>(days * perDay), perDay * 2);
        var legitimate = (int)(days * perDay * (1 - FraudShare));
        for (var payment = 0; payment < legitimate; payment++)
            Add(random.Next(cards), random.NextDouble(), fraud: false, 0, 0, 0);
        while (payments.Count < days * perDay)
        {
            // A stolen card: one to ten payments within a day. What hides it hides it in all of them, for both models or for one.
            var (card, start, common, one, other) = (random.Next(cards), random.NextDouble(), Normal(0.7), Normal(0.7), Normal(0.7 * challengerNoise));
            for (var left = random.Next(1, 11); left > 0; left--)
                Add(card, Math.Min(1, start + (random.NextDouble() / days)), fraud: true, common, one, other);
        }

        return [.. payments.OrderBy(payment => payment.Time)];

        void Add(int card, double at, bool fraud, double common, double one, double other)
        {
            var seen = (fraud ? Separation : 0) + common + Normal(0.7);
            var (champion, challenger) = (Probability(seen + one + Normal(0.7), 1), Probability(seen + other + Normal(0.7 * challengerNoise), challengerNoise));
            payments.Add(new GatePayment(card, (long)(at * days * 86_400_000L), fraud, champion, champion >= 0.3, challenger, challenger >= 0.3, random.Next(1, 1000)));
        }

        double Normal(double deviation) => deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

        static double Probability(double signal, double noise)
        {
            var variance = 0.49 * (2 + (2 * noise * noise));
            var odds = Math.Log(FraudShare / (1 - FraudShare)) + (((Separation * signal) - (Separation * Separation / 2)) / variance);
            return 1 / (1 + Math.Exp(-odds));
        }
    }

    sealed record Outcome(double? PassedOn, bool Reached, bool ReachedByPayment, IEnumerable<string> Last, double Champion, double Challenger);
}
