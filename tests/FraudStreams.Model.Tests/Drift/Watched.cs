using System.Collections.Immutable;
using FraudStreams.Model.Drift;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models.Trees;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Tests.Drift;

/// <summary>Payments of made features, with a daily and a weekly rhythm, in which frauds have high scores; the same for a seed.</summary>
static class Watched
{
    public const string Version = "made-20260101-000000";

    public const double Threshold = 0.5;

    const long Start = 1_767_225_600_000;

    public static FeaturePlan Plan { get; } = new(
        TransactionSchema.Create(new SchemaDraft(
            "made",
            [
                new("id", FieldType.Text), new("at", FieldType.Time) { TimeFormats = [TimeFormat.UnixMilliseconds] }, new("card", FieldType.Text), new("amount", FieldType.Number),
                new("kind", FieldType.Text), new("limit", FieldType.Number) { Optional = true, Secret = true }, new("fraud", FieldType.Integer) { Optional = true },
            ],
            new SchemaRoles("id", "at", "amount") { Card = "card", Label = "fraud" })
        {
            Features =
            [
                new NumberFeature("amount", "amount"), new CategoryFeature("kind", "kind", 1, 100), new NumberFeature("limit", "limit"), new CalendarFeature("hour", "at", CalendarPart.Hour),
                new CalendarFeature("month", "at", CalendarPart.Month),
            ],
        }),
        ImmutableDictionary<string, ImmutableArray<string>>.Empty.Add("kind", ["food", "fuel", "travel"]));

    /// <summary>A payment's features may be changed, and its score; the hour of its time cannot.</summary>
    public sealed record Payment(double[] Values, double Score, bool IsFraud);

    public static (TrainingSet Rows, long[] Times, double[] Scores) Days(int from, int days, int perDay, int seed, Func<Payment, Payment>? change = null)
    {
        var random = new Random(seed);
        var (values, labels, times, scores) = (new List<double>(), new List<byte>(), new List<long>(), new List<double>());
        for (var day = from; day < from + days; day++)
        {
            var today = (int)(perDay * (day % 7 >= 5 ? 0.7 : 1));
            foreach (var time in Enumerable.Range(0, today).Select(_ => (random.NextDouble() + random.NextDouble()) / 2 * 86_400_000).Order().ToArray())
            {
                var hour = (int)(time / 3_600_000);
                var fraud = random.NextDouble() < 0.02;
                var score = fraud ? 0.3 + (0.7 * random.NextDouble()) : random.NextDouble() * random.NextDouble() * 0.55;
                var payment = new Payment(
                    [
                        Math.Exp(3 + Normal(random)), random.NextDouble() is var kind && kind < 0.6 ? 0 : kind < 0.9 ? 1 : 2, random.NextDouble() < 0.05 ? double.NaN : 1_000 * random.NextDouble(), hour,
                        day / 30,
                    ],
                    score, fraud);
                payment = change?.Invoke(payment) ?? payment;
                values.AddRange(payment.Values);
                labels.Add(payment.IsFraud ? (byte)1 : (byte)0);
                times.Add(Start + (day * 86_400_000L) + (long)time);
                scores.Add(payment.Score);
            }
        }

        return (new TrainingSet(Plan.Columns, values.ToArray(), labels.ToArray()), [.. times], [.. scores]);
    }

    public static DriftReference Reference(int days = 21, int perDay = 800)
    {
        var (rows, times, scores) = Days(0, days, perDay, seed: 1);
        return DriftReferenceBuilder.Build(Plan, rows, times, scores, Threshold);
    }

    /// <summary>The same payments counted, with the labels of each day.</summary>
    public static DriftHistory Count(DriftReference reference, int from, int days, int perDay, int seed, Func<Payment, Payment>? change = null)
    {
        var (rows, times, scores) = Days(from, days, perDay, seed, change);
        var counter = new DriftCounter(Version, reference, Plan);
        counter.Count(row => times[row], scores, rows.Values.Span);
        var history = new DriftHistory(Version, reference.Counters);
        foreach (var hour in counter.Take())
            history.Add(hour);
        foreach (var day in Enumerable.Range(0, times.Length).GroupBy(row => DriftJudge.Floor(times[row] / 3_600_000, 24)))
            history.Add(new DriftTruth(Version, day.Key, 24, day.Aggregate(default(PredictedFrauds), (sum, row) => sum.With(rows.Labels.Span[row] == 1, scores[row] >= Threshold))));
        return history;
    }

    static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
