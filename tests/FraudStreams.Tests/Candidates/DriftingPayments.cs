using System.Text;
using System.Text.Json.Nodes;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Tests.Candidates;

/// <summary>Payments of a small schema, generated from a seed, in which the fraudsters' ways change within a month: what told frauds before does not after it.</summary>
static class DriftingPayments
{
    public const int PerDay = 250;

    public static DateTimeOffset Start { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static TransactionSchema Schema { get; } = TransactionSchema.Create(new SchemaDraft(
        "drifting",
        [
            new("id", FieldType.Text), new("at", FieldType.Time) { TimeFormats = [TimeFormat.UnixMilliseconds] }, new("card", FieldType.Text), new("amount", FieldType.Number),
            new("a", FieldType.Number), new("b", FieldType.Number), new("c", FieldType.Number), new("fraud", FieldType.Integer) { Optional = true },
        ],
        new SchemaRoles("id", "at", "amount") { Card = "card", Label = "fraud" })
    {
        Features = [new NumberFeature("amount", "amount"), new NumberFeature("a", "a"), new NumberFeature("b", "b"), new NumberFeature("c", "c")],
    });

    public static IReadOnlyList<SimulatedPayment> Days(int from, int count) => [.. Enumerable.Range(from, count).SelectMany(Day)];

    /// <summary>The payment in a currency of half the worth.</summary>
    public static SimulatedPayment Doubled(SimulatedPayment payment) => FieldDoubled(payment, "amount");

    public static SimulatedPayment FieldDoubled(SimulatedPayment payment, string field)
    {
        var json = JsonNode.Parse(payment.Json)!;
        json[field] = 2 * (double)json[field]!;
        return payment with { Json = Encoding.UTF8.GetBytes(json.ToJsonString()) };
    }

    public static IReadOnlyList<SimulatedPayment> Day(int day)
    {
        var random = new Random(day);
        return
        [
            .. Enumerable.Range(0, PerDay).Select(number =>
            {
                double amount = Math.Round(random.NextDouble() * 200, 2), a = random.NextDouble(), b = random.NextDouble(), c = random.NextDouble();
                var share = Math.Clamp((day - 35) / 30.0, 0, 1);
                var odds = -13 + (amount / 100) + (12 * (1 - share) * a) + (12 * share * b) + (2 * c);
                var fraud = random.NextDouble() < 1 / (1 + Math.Exp(-odds));
                var time = Start.AddDays(day).AddSeconds((number + 1) * 86_400 / (PerDay + 1));
                return new SimulatedPayment(time, fraud, Encoding.UTF8.GetBytes(FormattableString.Invariant(
                    $$"""{"id":"{{day}}-{{number}}","at":{{time.ToUnixTimeMilliseconds()}},"card":"{{random.Next(4_000)}}","amount":{{amount}},"a":{{a}},"b":{{b}},"c":{{c}},"fraud":{{(fraud ? 1 : 0)}}}""")));
            }),
        ];
    }
}
