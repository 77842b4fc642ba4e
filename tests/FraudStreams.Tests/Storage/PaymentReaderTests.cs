using System.Text;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage;
using FraudStreams.Storage.Postgres;
using FraudStreams.Storage.Sqlite;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Storage;

/// <summary>What people search a store by, the same on both databases.</summary>
[Trait("Category", "Unit")]
public sealed class PaymentReaderTests(SharedPostgres postgres) : IDisposable, IClassFixture<SharedPostgres>
{
    const int Payments = 40;

    static readonly TransactionSchema s_schema = TransactionSchema.Create(new SchemaDraft(
        "searched",
        [
            new("id", FieldType.Text), new("at", FieldType.Time) { TimeFormats = [TimeFormat.UnixMilliseconds] }, new("card", FieldType.Text) { Secret = true }, new("amount", FieldType.Number),
            new("shop", FieldType.Text), new("fraud", FieldType.Integer) { Optional = true },
        ],
        new SchemaRoles("id", "at", "amount") { Card = "card", Label = "fraud", Merchant = "shop" })
    {
        Features = [new NumberFeature("amount", "amount")],
    });

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Searches_find_what_is_like_them_page_by_page_in_SQLite()
    {
        var settings = new SqliteStoreSettings(_folder);
        await using var store = Predictions.Open(settings, s_schema);
        await using var reader = new SqlitePaymentReader(settings, s_schema);

        await FindsAsync(store, reader);
    }

    [PostgresFact]
    [Trait("needs", "PostgreSQL")]
    public async Task Searches_find_what_is_like_them_page_by_page_in_PostgreSQL()
    {
        var settings = postgres.NewStore();
        await using var store = Predictions.Open(settings, s_schema);
        await using var reader = new PostgresPaymentReader(settings, s_schema);

        await FindsAsync(store, reader);
    }

    public static TheoryData<PaymentFilter, string> Searches() => new()
    {
        { new PaymentFilter("p1"), "transactions_by_id" },
        { new PaymentFilter { Key = "4000000000000002" }, "transactions_by_card" },
        { new PaymentFilter(CardEnding: "0002"), "transactions_by_card_ending" },
        { new PaymentFilter(CardEnding: "0002", Before: new StoredPosition(1, "p")), "transactions_by_card_ending" },
        { new PaymentFilter(Merchant: "a shop"), "transactions_by_merchant" },
        { new PaymentFilter(Merchant: "a shop", IsFraud: true), "transactions_by_merchant" },
        { new PaymentFilter(IsFraud: true), "transactions_predicted_fraud" },
        { new PaymentFilter(From: 1, To: 2), "transactions_by_time" },
        { new PaymentFilter(Before: new StoredPosition(1, "p")), "transactions_by_time" },
        { new PaymentFilter(MinScore: 0.5), "transactions_by_high_score" },
        { new PaymentFilter(MinScore: 0.05), "transactions_by_time" },
    };

    [Theory]
    [MemberData(nameof(Searches))]
    public async Task Each_search_reads_an_index_in_the_order_of_its_answer(PaymentFilter filter, string index)
    {
        await Predictions.Open(new SqliteStoreSettings(_folder), s_schema).DisposeAsync();

        var query = PaymentQuery.Of(s_schema, new StoreTables(s_schema, StoreDialect.Sqlite, new StoreTableNames(null)), filter, 20, number => $"?{number}");
        var plan = string.Join('\n', Predictions.Rows(_folder, $"EXPLAIN QUERY PLAN {query.Sql}"));

        plan.ShouldContain($"USING INDEX {index}");
        plan.ShouldNotContain("TEMP B-TREE FOR ORDER BY");
        if (filter.Before is not null)
            plan.ShouldContain("<");
    }

    /// <summary>Payments of ten moments, four each; every third of one card, every fifth at one shop, scores from 0 to 0.975.</summary>
    static async Task FindsAsync(PredictionStore store, IPaymentReader reader)
    {
        await store.WriteAsync([.. Enumerable.Range(0, Payments).Select(number => new TopicRecord(new TopicPartition("predictions", 0), number, default, Encoding.UTF8.GetBytes(FormattableString.Invariant(
            $$"""{"id":"{{IdOf(number)}}","at":{{1_577_934_245_000 + (number / 4)}},"card":"{{(number % 3 == 0 ? "4000000000000002" : "4000000000009999")}}","amount":{{number}}.5,"shop":"{{(number % 5 == 0 ? "a" : "b")}}","fraud":{{number % 2}},"score":{{number / 40.0}},"prediction":{{(number >= 20 ? 1 : 0)}},"model_version":"m1","scored_at":"2026-01-02T03:04:05.678Z"}""")), 0))]);
        await store.WriteAsync([new Label(IdOf(0), true, 1_700_000_000_000, "anna")]);
        var all = Enumerable.Range(0, Payments).OrderByDescending(number => number / 4).ThenByDescending(IdOf, StringComparer.Ordinal).ToArray();

        (await PagesAsync(new PaymentFilter())).ShouldBe(all.Select(IdOf));
        (await PagesAsync(new PaymentFilter(CardEnding: "0002"))).ShouldBe(all.Where(number => number % 3 == 0).Select(IdOf));
        (await PagesAsync(new PaymentFilter(Merchant: "a", IsFraud: true))).ShouldBe(all.Where(number => number % 5 == 0 && number >= 20).Select(IdOf));
        (await PagesAsync(new PaymentFilter(MinScore: 0.7, MaxScore: 0.9))).ShouldBe(all.Where(number => number is >= 28 and <= 36).Select(IdOf));
        (await PagesAsync(new PaymentFilter(MinScore: 0.05))).ShouldBe(all.Where(number => number >= 2).Select(IdOf));
        var scored = await reader.LatestScoredAsync(Payments, default);
        scored.Count.ShouldBe(Payments);
        scored.Single(payment => payment.IsConfirmed).ShouldBe(new ScoredPayment(1_577_934_245_000, 0, 0.5, true, true));
        scored.Count(payment => payment.Truth == true).ShouldBe(21);

        async Task<List<string>> PagesAsync(PaymentFilter filter)
        {
            var found = new List<string>();
            while (await reader.FindAsync(filter, 7, default) is { Count: > 0 } page)
            {
                found.AddRange(page.Select(payment => (string)payment.Fields[0]!));
                filter = filter with { Before = new StoredPosition((long)page[^1].Fields[1]!, found[^1]) };
            }

            return found;
        }
    }

    static string IdOf(int number) => $"p{number * 7 % Payments}";
}
