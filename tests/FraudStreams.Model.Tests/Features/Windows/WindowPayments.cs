using System.Collections.Immutable;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Model.Tests.Schemas;

namespace FraudStreams.Model.Tests.Features.Windows;

/// <summary>A payment of a test stream. Time is in Unix seconds.</summary>
sealed record Payment(long Time, string Card, double? Amount = 10, string? Shop = "s", bool? Fraud = null, string? Id = null)
{
    internal long Milliseconds => Time * 1000;
}

/// <summary>A schema with window features of all kinds, and payments of it.</summary>
static class WindowPayments
{
    internal static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    internal static readonly TimeSpan Day = TimeSpan.FromDays(1);

    internal static ImmutableArray<WindowFeature> EveryKind { get; } =
    [
        Window("count_hour", WindowKind.Count, Hour),
        Window("count_out", WindowKind.Count, Hour) with { CountsItself = false },
        Window("count_before", WindowKind.Count, Hour) with { Delay = Hour },
        Window("sum", WindowKind.Sum, Day) with { Of = "amount" },
        Window("sum_out", WindowKind.Sum, Day) with { Of = "amount", CountsItself = false },
        Window("mean", WindowKind.Mean, Hour) with { Of = "amount" },
        Window("mean_before", WindowKind.Mean, Hour) with { Of = "amount", Delay = TimeSpan.FromMinutes(10) },
        Window("deviation", WindowKind.StandardDeviation, Day) with { Of = "amount" },
        Window("max", WindowKind.Max, Hour) with { Of = "amount" },
        Window("max_out", WindowKind.Max, Day) with { Of = "amount", CountsItself = false },
        Window("shops", WindowKind.Distinct, Day) with { Of = "shop" },
        Window("shops_out", WindowKind.Distinct, Hour) with { Of = "shop", CountsItself = false },
        Window("risk", WindowKind.FraudShare, Day) with { By = ["shop"], Delay = Hour },
        Window("risk_soon", WindowKind.FraudShare, Hour) with { By = ["shop"], Delay = TimeSpan.FromMinutes(1) },
        Window("shop_count", WindowKind.Count, Hour) with { By = ["shop"] },
        Window("card_in_shop", WindowKind.Count, Day) with { By = ["card", "shop"] },
        Window("since", WindowKind.SinceLast, Hour),
    ];

    internal static WindowFeature Window(string name, WindowKind kind, TimeSpan over) => new(name, kind, ["card"], over);

    internal static TransactionSchema SchemaOf(params IEnumerable<FeatureDefinition> features) => TransactionSchema.Create(new SchemaDraft(
        "windows",
        [
            new("id", FieldType.Text),
            new("at", FieldType.Time) { TimeFormats = [TimeFormat.UnixSeconds] },
            new("card", FieldType.Text),
            new("shop", FieldType.Text) { Optional = true },
            new("amount", FieldType.Number) { Optional = true },
            new("cost", FieldType.Number),
            new("fraud", FieldType.Integer) { Optional = true },
        ],
        new SchemaRoles("id", "at", "cost") { Card = "card", Label = "fraud", Merchant = "shop" })
    {
        Features = [.. features],
    });

    /// <summary>The window values of each payment, computed in batches of this size.</summary>
    internal static double[][] Advance(this WindowState state, IEnumerable<Payment> payments, int batch = 7)
    {
        var reader = new TransactionReader(state.Schema);
        using var rows = new TransactionRows(state.Schema, 4);
        var values = new List<double[]>();
        foreach (var chunk in payments.Chunk(batch))
        {
            rows.Clear();
            foreach (var payment in chunk)
                rows.Add(reader, payment);
            state.Advance(rows);
            for (var row = 0; row < rows.Count; row++)
                values.Add([.. Enumerable.Range(0, state.Schema.WindowFeatures.Length).Select(window => rows.WindowValue(row, window))]);
        }
        return [.. values];
    }

    internal static void Add(this TransactionRows rows, TransactionReader reader, Payment payment)
    {
        static string Json(string? text) => text is null ? "null" : $"\"{text}\"";
        var label = payment.Fraud is { } fraud ? fraud ? "1" : "0" : "null";
        var json = $$"""{"id":{{Json(payment.Id ?? $"t{payment.Time}")}},"at":{{payment.Time}},"card":{{Json(payment.Card)}},"shop":{{Json(payment.Shop)}},"amount":{{payment.Amount?.ToString() ?? "null"}},"cost":1,"fraud":{{label}}}""";
        if (reader.Read(json.Utf8(), rows) is { } reason)
            throw new ArgumentException(reason.Message);
    }

    /// <summary>
    /// A seeded stream of payments: mostly in time order, some late by seconds or days, some with equal times, some with a wrong clock.
    /// </summary>
    internal static Payment[] Stream(int seed, int count, int cards = 4, int shops = 5, double step = 400)
    {
        var random = new Random(seed);
        var payments = new Payment[count];
        var now = 1_400_000_000.0;
        for (var i = 0; i < count; i++)
        {
            var kind = random.NextDouble();
            now += kind < 0.2 ? 0 : random.NextDouble() * step;
            var time = (long)now + (random.NextDouble() switch
            {
                < 0.02 => 20L * 365 * 86400,
                < 0.04 => random.Next(0, 86400 * 3),
                < 0.06 => -random.Next(0, 86400 * 4),
                < 0.20 => -random.Next(0, 3000),
                _ => 0,
            });
            payments[i] = new Payment(
                time,
                $"c{random.Next(cards)}",
                random.NextDouble() < 0.1 ? null : Math.Round(random.NextDouble() * 1000, 2) - 100,
                random.NextDouble() < 0.1 ? null : $"s{random.Next(shops)}",
                random.NextDouble() switch { < 0.2 => true, < 0.9 => false, _ => null },
                $"t{i}");
        }
        return payments;
    }
}
