using FraudStreams.Model.Csv;
using FraudStreams.Model.Profiling;
using FraudStreams.Model.Schemas;
using FraudStreams.Model.Tests.Schemas;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Profiling;

public sealed class DatasetProfilerTests
{
    const string Header = "id,at,born,card,shop,kind,amount,lat,long,shop_lat,shop_long,people,fraud";

    /// <summary>2026-01-01 00:00 UTC, a Thursday.</summary>
    const long Start = 1767225600;

    [Fact]
    public void Payments_are_counted_by_hour_weekday_amount_text_and_card()
    {
        var profile = Of([.. Enumerable.Range(0, 240).Select(hour => Row(hour, Start + (hour * 3600), amount: hour % 24 == 3 ? "150" : "15.50", kind: hour % 2 == 0 ? "even" : "odd", fraud: hour % 24 == 3 ? "1" : "0"))]);

        profile.All.ShouldBe(new GroupCount("all", 240, 240, 10));
        profile.From.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(Start));
        profile.To.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(Start + (239 * 3600)));
        profile.Hours.Length.ShouldBe(24);
        profile.Hours[3].ShouldBe(new GroupCount("03", 10, 10, 10));
        profile.Hours[4].FraudShare.ShouldBe(0);
        profile.Weekdays.Select(day => (day.Name, day.Payments)).ShouldBe([("Monday", 24), ("Tuesday", 24), ("Wednesday", 24), ("Thursday", 48), ("Friday", 48), ("Saturday", 48), ("Sunday", 24)]);
        profile.DaysInPeriod.ShouldBe(1);
        profile.Periods.Select(period => period.Payments).ShouldBe(Enumerable.Repeat(24L, 10));
        profile.Periods[0].Name.ShouldBe("2026-01-01");
        profile.Amounts.ShouldBe([new GroupCount("10 to 20", 230, 230, 0), new GroupCount("100 to 200", 10, 10, 10)]);
        Field(profile, "kind").Values.ShouldBe([new GroupCount("even", 120, 120, 0), new GroupCount("odd", 120, 120, 10)]);
        profile.Cards.ShouldBe([new GroupCount("****5483", 240, 240, 10)]);
        profile.Oddities.ShouldAllBe(oddity => oddity.Code == "one-value");
        profile.Oddities.Select(oddity => oddity.Field).ShouldBe(["born", "card", "shop", "lat", "long", "shop_lat", "shop_long", "people"]);
    }

    [Fact]
    public void Secret_fields_have_counts_and_no_values()
    {
        var profile = Of([Row(1, Start, shop: "Shop 1"), Row(2, Start + 1, shop: "Shop 2")]);

        var card = Field(profile, "card");
        card.IsSecret.ShouldBeTrue();
        card.Distinct.ShouldBe(1);
        card.Values.ShouldBeEmpty();
        Field(profile, "born").Numbers.ShouldBeNull();
        var html = ProfileHtml.Write(profile);
        foreach (var secret in (string[])["6565356119945483", "1969"])
            html.ShouldNotContain(secret);
        html.ShouldContain("****5483");
        html.ShouldContain("Shop 1");
    }

    [Fact]
    public void A_merchants_name_with_a_script_and_a_card_number_is_text_and_masked()
    {
        var profile = Of([Row(1, Start, shop: "<script>x</script> 4000000000000002"), Row(2, Start + 1, shop: "b")]);

        var html = ProfileHtml.Write(profile);
        html.ShouldNotContain("<script");
        html.ShouldNotContain("4000000000000002");
        html.ShouldContain("&lt;script&gt;x&lt;/script&gt; ************0002");
        Codes(profile).ShouldContain("card-number");
    }

    [Fact]
    public void Duplicates_are_told_apart()
    {
        var first = Row(1, Start);
        var profile = Of([first, first, Row(1, Start + 5), Row(2, Start), Row(3, Start, amount: "7")]);

        profile.Duplicates.ShouldBe(new DuplicateCounts(SameRow: 1, SameId: 1, SamePayment: 1));
    }

    [Fact]
    public void Rows_that_cannot_be_read_are_counted_by_reason_with_the_first()
    {
        var profile = Of([Row(1, Start), Row(2, Start, amount: "much"), Row(3, Start, card: "4.51E+15"), Row(4, Start, card: "4.00E+15")]);

        profile.All.Payments.ShouldBe(1);
        profile.Rejected.Sum(code => code.Rows).ShouldBe(3);
        profile.Rejected.ShouldContain(code => code.Rows == 2 && code.Example.Contains("scientific notation", StringComparison.Ordinal));
        profile.Rejected.ShouldAllBe(code => !code.Example.Contains("E+15", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("amount-negative", "-5", "shop", "kind")]
    [InlineData("amount-zero", "0", "shop", "kind")]
    [InlineData("amount-decimals", "5.123", "shop", "kind")]
    [InlineData("scientific-notation", "1.2E+05", "shop", "kind")]
    [InlineData("blanks", "5", "shop ", "kind")]
    [InlineData("wrong-encoding", "5", "BÃ¤cker", "kind")]
    [InlineData("scientific-notation", "5", "3.5E+12", "kind")]
    public void Oddities_of_values_are_found(string code, string amount, string shop, string kind)
    {
        var plain = Of([Row(1, Start), Row(2, Start + 1, shop: "b", kind: "c", amount: "5.10")]);
        Codes(plain).ShouldNotContain(code);

        var odd = Of([Row(1, Start), Row(2, Start + 1, shop: "b", kind: "c", amount: "5.10"), Row(3, Start + 2, amount: amount, shop: shop, kind: kind)]);

        odd.Oddities.Single(oddity => oddity.Code == code).Rows.ShouldBe(1);
    }

    [Fact]
    public void Order_gaps_same_beginnings_and_labels_given_away_are_found()
    {
        var profile = Of(
        [
            .. Enumerable.Range(0, 50).Select(number => Row(number, Start + (number * 60), shop: $"fraud_{number}", people: number < 25 ? "9" : "1", fraud: number < 25 ? "1" : "0")),
            Row(50, Start + 30, shop: "fraud_x", people: "1"), Row(51, Start + (86_400 * 5), shop: "fraud_y", people: "1"),
        ]);

        profile.Oddities.Single(oddity => oddity.Code == "not-in-order").Rows.ShouldBe(1);
        profile.Oddities.Single(oddity => oddity.Code == "days-without-payments").Text.ShouldStartWith("4 of the days");
        profile.Oddities.Single(oddity => oddity.Code == "same-beginning").Text.ShouldContain("fraud_");
        profile.Oddities.Where(oddity => oddity.Code == "label-given-away").Select(oddity => oddity.Field).ShouldBe(["people"]);
    }

    [Theory]
    [InlineData(2_557 * 86_400L, "2,557 days, 7 years after at")]
    [InlineData(-3_600L, "1 hours before at")]
    [InlineData(0L, null)]
    public void A_second_clock_that_keeps_its_distance_is_found(long offset, string? says)
    {
        var schema = TransactionSchema.Create(TestSchemas.Draft with { Fields = [.. TestSchemas.Draft.Fields, new SchemaField("seen", FieldType.Time) { TimeFormats = [TimeFormat.UnixSeconds] }] });
        var profile = Of([.. Enumerable.Range(0, 20).Select(number => $"{Row(number, Start + (number * 100))},{Start + (number * 100) + offset}")], schema, Header + ",seen");

        var found = profile.Oddities.Where(oddity => oddity.Code == "time-offset").Select(oddity => oddity.Text);
        if (says is null)
            found.ShouldBeEmpty();
        else
            found.ShouldHaveSingleItem().ShouldContain(says);
    }

    [Fact]
    public void Numbers_have_quantiles_and_shares_by_label()
    {
        var profile = Of([.. Enumerable.Range(0, 1_000).Select(number => Row(number, Start + number, amount: number % 10 == 0 ? $"{900 + (number / 10)}" : $"{number % 101}", fraud: number % 10 == 0 ? "1" : "0"))]);

        var amount = Field(profile, "amount").Numbers.ShouldNotBeNull();
        (amount.Min, amount.Max).ShouldBe((0, 999));
        amount.Fraud!.P50.ShouldBe(950, 1);
        amount.Legitimate!.P50.ShouldBe(50, 2);
        amount.Legitimate.Shares.Sum().ShouldBe(1, 1e-9);
        amount.Fraud.Shares.Sum().ShouldBe(1, 1e-9);
        amount.Edges.Length.ShouldBe(amount.Fraud.Shares.Length);
    }

    [Fact]
    public void A_sample_of_many_rows_is_like_them_and_always_the_same()
    {
        double[] Sample()
        {
            var rows = new NumberSample();
            for (var row = 0; row < 200_000; row++)
                rows.Add([row]);
            return rows.Sorted(0);
        }

        var sample = Sample();

        sample.Length.ShouldBe(DatasetProfiler.SampleRows);
        sample.Distinct().Count().ShouldBe(sample.Length);
        sample.Average().ShouldBe(100_000, 1_500);
        Sample().ShouldBe(sample);
    }

    [Fact]
    public void Places_are_of_the_first_pair_that_is_not_secret()
    {
        var profile = Of([Row(1, Start), Row(2, Start + 1, fraud: "1")]);
        profile.Places!.LatitudeField.ShouldBe("lat");
        profile.Places.Cells.ShouldBe([new PlaceCount(40.375, -89.625, 2, 1)]);

        var secret = TransactionSchema.Create(TestSchemas.Draft with { Fields = [.. TestSchemas.Draft.Fields.Select(field => field.Name is "lat" or "long" ? field with { Secret = true } : field)] });
        var hidden = Of([Row(1, Start)], secret);
        hidden.Places!.LatitudeField.ShouldBe("shop_lat");
        ProfileHtml.Write(hidden).ShouldNotContain("40.3011");
    }

    [Fact]
    public void An_empty_file_has_a_profile_and_a_report()
    {
        var profile = Of([]);

        profile.All.Payments.ShouldBe(0);
        profile.From.ShouldBeNull();
        ProfileHtml.Write(profile).ShouldContain("Data set payments.csv");
    }

    [Theory]
    [InlineData(-1, "below 0")]
    [InlineData(0, "0")]
    [InlineData(0.99, "below 1")]
    [InlineData(1, "1 to 2")]
    [InlineData(99.99, "50 to 100")]
    [InlineData(100, "100 to 200")]
    [InlineData(1_234_567, "1,000,000 to 2,000,000")]
    public void Amounts_lie_in_ranges_of_1_2_and_5(double amount, string range) => AmountRange.NameOf(AmountRange.Of(amount)).ShouldBe(range);

    static FieldProfile Field(DatasetProfile profile, string name) => profile.Fields.Single(field => field.Name == name);

    static IEnumerable<string> Codes(DatasetProfile profile) => profile.Oddities.Select(oddity => oddity.Code);

    static string Row(long id, long at, string amount = "5.10", string shop = "Murray", string kind = "grocery_pos", string card = "6565356119945483", string people = "907", string fraud = "0") =>
        $"t{id},{at},1969-03-10,{card},{shop},{kind},{amount},40.3011,-89.6872,40.308168,-89.957784,{people},{fraud}";

    static DatasetProfile Of(string[] rows, TransactionSchema? schema = null, string header = Header)
    {
        schema ??= TestSchemas.Small;
        using var csv = new CsvReader(new MemoryStream(string.Join('\n', [header, .. rows, ""]).Utf8()), schema, "payments.csv");
        using var read = new TransactionRows(schema);
        var profiler = new DatasetProfiler(schema);
        while (csv.TryRead(read, out var reason))
        {
            if (reason is not null)
                profiler.Reject(reason);
        }

        profiler.Add(read);
        return profiler.Profile("payments.csv");
    }
}
