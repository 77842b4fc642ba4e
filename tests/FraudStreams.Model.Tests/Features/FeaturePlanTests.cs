using System.Text.Json;
using FraudStreams.Model.Features;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.Model.Tests.Schemas;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Features;

public sealed class FeaturePlanTests
{
    [Fact]
    public void Each_feature_has_the_value_of_its_definition()
    {
        using var rows = Rows(TestSchemas.Good);

        var values = Compute(FeaturePlan.Fit(TestSchemas.Small, [rows]), rows);

        values["amount"].ShouldBe(115.32);
        values["log_amount"].ShouldBe(Math.Log(116.32), 1e-12);
        values["kind"].ShouldBe(0);
        values["hour"].ShouldBe(0);
        values["age"].ShouldBe((new DateTime(2012, 1, 1, 0, 1, 48) - new DateTime(1969, 3, 10)).TotalDays / 365.2425, 1e-9);
        values["distance_km"].ShouldBe(22.9587, 0.0001);
        values["amount_by_people"].ShouldBe(115.32 / 907);
        values["north"].ShouldBe(40.308168 - 40.3011);
    }

    [Theory]
    [InlineData(36.12, -86.67, 33.94, -118.40, 2886.45)]
    [InlineData(48.8566, 2.3522, 51.5074, -0.1278, 343.56)]
    [InlineData(0, 0, 0, 180, 20015.11)]
    [InlineData(90, 0, -90, 0, 20015.11)]
    [InlineData(10, 179.5, 10, -179.5, 109.51)]
    [InlineData(12.5, 7.25, 12.5, 7.25, 0)]
    public void Haversine_gives_known_distances(double lat, double lon, double toLat, double toLon, double kilometres)
    {
        using var rows = Rows(TestSchemas.Good
            .Replace("\"lat\":40.3011", $"\"lat\":{lat}").Replace("\"long\":-89.6872", $"\"long\":{lon}")
            .Replace("40.308168", $"{toLat}").Replace("-89.957784", $"{toLon}"));

        Compute(FeaturePlan.Fit(TestSchemas.Small, []), rows)["distance_km"].ShouldBe(kilometres, 0.01);
    }

    [Theory]
    [InlineData("2000-01-01", 12.0)]
    [InlineData("2011-12-31", 0.00274)]
    [InlineData("2012-01-02", -0.00273)]
    [InlineData("1912-01-01", 100.0)]
    public void Age_is_counted_in_years_to_the_payment(string born, double years)
    {
        using var rows = Rows(TestSchemas.Good.Replace("1969-03-10", born));

        Compute(FeaturePlan.Fit(TestSchemas.Small, []), rows)["age"].ShouldBe(years, 0.0025);
    }

    [Theory]
    [InlineData("2012-01-01 00:00:00", 0, 6, 1, 1, 1, 1, 0, 1)]
    [InlineData("2012-01-02 06:59:59", 6, 0, 2, 1, 1, 0, 0.966, -0.259)]
    [InlineData("2012-02-29 07:00:00", 7, 2, 29, 2, 0, 0, 0.966, -0.259)]
    [InlineData("1969-12-27 18:00:00", 18, 5, 27, 12, 0, 1, -1, 0)]
    public void Calendar_parts_are_those_of_the_day(
        string time, double hour, double weekday, double day, double month, double night, double weekend, double sin, double cos)
    {
        var schema = TransactionSchema.Create(TestSchemas.Draft with
        {
            Fields = TestSchemas.Draft.Fields.SetItem(1, TestSchemas.Draft.Fields[1] with { TimeFormats = [TimeFormat.DateTime] }),
            Features = [.. Enum.GetValues<CalendarPart>().Select(part => new CalendarFeature(part.ToString(), "at", part))],
        });
        using var rows = Rows(schema, TestSchemas.Good.Replace("1325376108", $"\"{time}\""));

        var values = Compute(FeaturePlan.Fit(schema, []), rows);

        values["Hour"].ShouldBe(hour);
        values["Weekday"].ShouldBe(weekday);
        values["MonthDay"].ShouldBe(day);
        values["Month"].ShouldBe(month);
        values["Night"].ShouldBe(night);
        values["Weekend"].ShouldBe(weekend);
        values["HourSin"].ShouldBe(sin, 0.001);
        values["HourCos"].ShouldBe(cos, 0.001);
    }

    [Fact]
    public void Missing_and_non_finite_values_are_missing_features()
    {
        using var rows = Rows(
            """{"id":"a","at":0,"card":"65653561199","kind":"x","amount":-2}""",
            """{"id":"b","at":0,"card":"65653561199","kind":"x","amount":1e308,"people":0,"lat":-1e308,"shop_lat":1e308}""");

        var plan = FeaturePlan.Fit(TestSchemas.Small, []);
        var (first, second) = (Compute(plan, rows), Compute(plan, rows, 1));

        foreach (var name in new[] { "log_amount", "kind", "age", "distance_km", "amount_by_people", "north" })
            first[name].ShouldBe(double.NaN, name);
        second["amount_by_people"].ShouldBe(double.NaN);
        second["north"].ShouldBe(double.NaN);
        second.Values.ShouldAllBe(value => !double.IsInfinity(value));
    }

    [Fact]
    public void Categories_are_coded_by_frequency_and_rare_ones_are_missing()
    {
        var schema = TransactionSchema.Create(TestSchemas.Draft with { Features = [new CategoryFeature("kind", "kind", LeastCount: 2, MostCategories: 3)] });
        string[] kinds = ["b", "b", "a", "a", "c", "c", "c", "d", "d", "e", "é"];
        using var rows = Rows(schema, [.. kinds.Select(kind => TestSchemas.Good.Replace("grocery_pos", kind))]);
        using var reversed = Rows(schema, [.. kinds.Reverse().Select(kind => TestSchemas.Good.Replace("grocery_pos", kind))]);

        var plan = FeaturePlan.Fit(schema, [rows]);

        plan.Categories["kind"].ShouldBe(["c", "a", "b"]);
        FeaturePlan.Fit(schema, [reversed]).Categories["kind"].ShouldBe(["c", "a", "b"]);
        FeaturePlan.Fit(schema, [rows, rows]).Categories["kind"].ShouldBe(["c", "a", "b"]);
        plan.Columns.ShouldBe([new FeatureColumn("kind", FeatureKind.Category)]);
        var codes = new double[kinds.Length];
        plan.Compute(rows, codes);
        codes.ShouldBe([2, 2, 1, 1, 0, 0, 0, double.NaN, double.NaN, double.NaN, double.NaN]);
    }

    [Fact]
    public void A_plan_read_from_its_json_computes_the_same_bits()
    {
        string[] kinds = ["plain", "quo\\\"te", "Ünï", "other"];
        using var rows = Rows([.. kinds.Select(kind => TestSchemas.Good.Replace("grocery_pos", kind))]);
        var plan = FeaturePlan.Fit(TestSchemas.Small, [rows]);

        var json = JsonDocument.Parse(FeaturePlanJson.ToJson(plan).ToJsonString()).RootElement;
        var back = FeaturePlanJson.FromJson(json, TestSchemas.Small);

        back.Columns.ShouldBe(plan.Columns);
        var (first, second) = (new double[rows.Count * plan.Count], new double[rows.Count * plan.Count]);
        plan.Compute(rows, first);
        back.Compute(rows, second);
        second.Select(BitConverter.DoubleToInt64Bits).ShouldBe(first.Select(BitConverter.DoubleToInt64Bits));
        first.Where((_, i) => i % plan.Count == 2).Order().ShouldBe([0, 1, 2, 3]);
    }

    [Theory]
    [InlineData("{}", "has no categories")]
    [InlineData("{\"categories\":{}}", "no list of values for category kind")]
    [InlineData("{\"categories\":{\"kind\":[1]}}", "no list of values for category kind")]
    [InlineData("{\"categories\":{\"kind\":[\"a\",\"a\"]}}", "a value twice in category kind")]
    public void A_damaged_plan_is_refused(string json, string message) =>
        Should.Throw<ModelFormatException>(() => FeaturePlanJson.FromJson(JsonDocument.Parse(json).RootElement, TestSchemas.Small))
            .Message.ShouldContain(message);

    [Fact]
    public void Rows_of_another_schema_and_a_matrix_of_another_size_are_refused()
    {
        var other = TransactionSchema.Create(TestSchemas.Draft with { Name = "other" });
        using var rows = Rows(TestSchemas.Good);
        using var others = Rows(other, TestSchemas.Good);
        var plan = FeaturePlan.Fit(TestSchemas.Small, [rows]);

        Should.Throw<ArgumentException>(() => plan.Compute(others, new double[plan.Count])).Message.ShouldContain("other");
        Should.Throw<ArgumentException>(() => plan.Compute(rows, new double[plan.Count + 1]));
        Should.Throw<ArgumentException>(() => FeaturePlan.Fit(TestSchemas.Small, [others]));
    }

    [Fact]
    public void Computing_allocates_nothing()
    {
        using var rows = Rows([.. Enumerable.Repeat(TestSchemas.Good, 100)]);
        var plan = FeaturePlan.Fit(TestSchemas.Small, [rows]);
        var matrix = new double[rows.Count * plan.Count];

        Allocations.Of(() => plan.Compute(rows, matrix)).ShouldBe(0);
    }

    static TransactionRows Rows(params string[] records) => Rows(TestSchemas.Small, records);

    static TransactionRows Rows(TransactionSchema schema, params string[] records)
    {
        var reader = new TransactionReader(schema);
        var rows = new TransactionRows(schema);
        foreach (var record in records)
            reader.Read(record.Utf8(), rows).ShouldBeNull();
        return rows;
    }

    static Dictionary<string, double> Compute(FeaturePlan plan, TransactionRows rows, int row = 0)
    {
        var matrix = new double[rows.Count * plan.Count];
        plan.Compute(rows, matrix);
        return Enumerable.Range(0, plan.Count).ToDictionary(i => plan.Columns[i].Name, i => matrix[(row * plan.Count) + i]);
    }
}
