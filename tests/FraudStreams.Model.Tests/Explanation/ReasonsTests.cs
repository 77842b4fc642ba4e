using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using FraudStreams.Model.Explanation;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Trees;
using FraudStreams.Model.Schemas;
using FraudStreams.Model.Tests.Schemas;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Explanation;

public sealed class ReasonsTests
{
    static readonly TransactionSchema s_schema = TransactionSchema.Create(TestSchemas.Draft with
    {
        Fields = TestSchemas.Draft.Fields
            .Add(new SchemaField("limit", FieldType.Number) { Secret = true, Optional = true })
            .Add(new SchemaField("street", FieldType.Text) { Secret = true, Optional = true }),
        Features =
        [
            new NumberFeature("amount", "amount"),
            new LogFeature("log_amount", "amount"),
            new CategoryFeature("kind", "kind", 1, 100),
            new CalendarFeature("hour", "at", CalendarPart.Hour),
            new AgeFeature("age", "born"),
            new DistanceFeature("distance_km", "lat", "long", "shop_lat", "shop_long"),
            Window("count_1h", WindowKind.Count, 1),
            Window("count_7d", WindowKind.Count, 168),
            Window("sum_1d", WindowKind.Sum, 24, "amount"),
            Window("since", WindowKind.SinceLast, 168),
            new WindowFeature("risk", WindowKind.FraudShare, ["shop"], TimeSpan.FromDays(30)) { Delay = TimeSpan.FromDays(7) },
            new NumberFeature("limit", "limit"),
            new CategoryFeature("street", "street", 1, 100),
            new RatioFeature("of_limit", "amount", "limit"),
            Window("max_limit", WindowKind.Max, 24, "limit"),
            new CalendarFeature("night", "at", CalendarPart.Night),
            new CalendarFeature("weekday", "at", CalendarPart.Weekday),
            new DifferenceFeature("headroom", "of_limit", "amount"),
            Window("streets", WindowKind.Distinct, 24, "street"),
        ],
    });

    static readonly FeaturePlan s_plan = new(s_schema, ImmutableDictionary<string, ImmutableArray<string>>.Empty
        .Add("kind", ["food", "fuel", "travel"]).Add("street", ["Elm Street 5", "Oak Lane 7"]));

    [Theory]
    [InlineData("amount", 977.01, "amount 977.01; usually 4.2 to 140")]
    [InlineData("log_amount", 6.907755278982137, "amount 999; usually 4.2 to 140")]
    [InlineData("amount", double.NaN, "amount missing; usually 4.2 to 140")]
    [InlineData("kind", 2, "kind travel; most often food or fuel")]
    [InlineData("kind", double.NaN, "kind missing, or too rare in training to be known; most often food or fuel")]
    [InlineData("hour", 3, "in the hour from 03:00 UTC; usually 08:00 to 21:00")]
    [InlineData("night", 1, "at night (00:00 to 07:00 UTC); usually not")]
    [InlineData("weekday", 6, "on a Sunday")]
    [InlineData("age", 83.2437, "83 years since born; usually 20 to 70")]
    [InlineData("distance_km", 123.456, "distance_km 120 km; usually 2.1 km to 80 km")]
    [InlineData("count_1h", 9, "9 payments in the last hour; usually 0 or 1")]
    [InlineData("count_1h", 1, "1 payment in the last hour; usually 0 or 1")]
    [InlineData("count_7d", 41, "41 payments in the last 7 days; usually 3")]
    [InlineData("sum_1d", 12345.678, "amount of 12,345.68 in total in the last day")]
    [InlineData("since", 40, "40 seconds since the last payment; usually 30 minutes to 2.5 days")]
    [InlineData("since", double.NaN, "no earlier payment in the last 7 days; usually 30 minutes to 2.5 days")]
    [InlineData("risk", 0.125, "12.5% of the payments with the same shop in the 30 days up to 7 days ago known to be fraud; usually 0%")]
    [InlineData("risk", double.NaN, "no shop; usually 0%")]
    [InlineData("streets", 5, "5 different street in the last day")]
    public void A_feature_is_put_in_words_of_the_schema(string feature, double value, string text) => Describe(feature, value).Text.ShouldBe(text);

    [Theory]
    [InlineData("limit", 54321.5)]
    [InlineData("street", 0)]
    [InlineData("of_limit", 0.5)]
    [InlineData("max_limit", 54321.5)]
    [InlineData("headroom", -7)]
    [InlineData("street", double.NaN)]
    public void A_secret_value_is_masked_and_what_is_usual_left_out(string feature, double value)
    {
        var reason = Describe(feature, value);

        reason.Text.ShouldEndWith("****");
        reason.Value.ShouldBe(new ReasonValue(double.NaN, "****"));
        reason.Usual.ShouldBeNull();
    }

    [Fact]
    public void Years_and_distances_are_only_as_precise_as_keeps_their_secret()
    {
        Describe("age", 83.2437).Value.Number.ShouldBe(83);
        Describe("distance_km", 123.456).Value.Number.ShouldBe(120);
        Describe("distance_km", 0.012345).Value.Number.ShouldBe(0.012);
    }

    [Fact]
    public void Windows_of_one_source_are_one_reason_shown_by_the_strongest()
    {
        var contributions = Contributions(("amount", 0.2), ("log_amount", 0.3), ("count_1h", 0.4), ("count_7d", 0.9), ("sum_1d", 0.6), ("hour", 0.1), ("age", -2), ("risk", 0.05));
        var features = new double[s_plan.Count];
        features[Of("count_7d")] = 41;

        var reasons = ModelWithReasons().Reasons(features, contributions);

        reasons.Select(reason => (reason.Code, reason.Feature, Math.Round(reason.LogOdds, 6))).ShouldBe(
            [("count:card", "count_7d", 1.3), ("sum:amount:card", "sum_1d", 0.6), ("value:amount", "log_amount", 0.5), ("time-of-day:at", "hour", 0.1)]);
        reasons[0].Value.Number.ShouldBe(41);
    }

    [Fact]
    public void Sources_that_lower_the_score_or_hardly_raise_it_are_no_reasons()
    {
        var contributions = Contributions(("amount", -0.2), ("count_1h", 0.4), ("count_7d", -0.9), ("since", 0.02), ("hour", 0.009));

        ModelWithReasons().Reasons(new double[s_plan.Count], contributions).Select(reason => reason.Feature).ShouldBe(["since"]);
    }

    [Fact]
    public void Reasons_of_a_row_come_from_its_contributions()
    {
        var model = ModelWithReasons();
        var row = new double[s_plan.Count];
        var contributions = new double[s_plan.Count];
        model.Explainer.Explain(row, contributions);

        model.Reasons(row).ShouldBe(model.Reasons(row, contributions));
        Should.Throw<ArgumentException>(() => model.Reasons(row.AsSpan(1)));
    }

    [Fact]
    public void A_reason_is_written_with_the_names_of_the_form()
    {
        Json(Describe("count_1h", 9)).ShouldBe(
            """{"code":"count:card","feature":"count_1h","value":9,"usual":"0 or 1","log_odds":1.5,"text":"9 payments in the last hour; usually 0 or 1"}""");
        Json(Describe("amount", double.NaN)).ShouldContain("\"value\":null");
        Json(Describe("kind", 1)).ShouldContain("\"value\":\"fuel\"");
    }

    [Fact]
    public void An_array_of_reasons_leaves_out_the_weakest_past_its_limit()
    {
        var reasons = Enumerable.Range(0, 3).Select(i => Describe("count_1h", i) with { Text = new string('x', 1800) }).ToImmutableArray();

        var json = JsonDocument.Parse(ReasonsJson.Write(reasons)).RootElement;

        json.EnumerateArray().Select(reason => reason.GetProperty("value").GetDouble()).ShouldBe([0, 1]);
        ReasonsJson.Write([]).ShouldBe("[]"u8.ToArray());
    }

    [Fact]
    public void A_model_of_an_earlier_release_gives_reasons_without_what_is_usual()
    {
        var reason = new ReasonText(s_plan, ImmutableDictionary<string, UsualValue>.Empty).Of(s_schema.Features[Of("count_1h")], 9, 1);

        (reason.Text, reason.Usual).ShouldBe(("9 payments in the last hour", null));
    }

    [Fact]
    public void What_is_usual_comes_from_the_training_rows()
    {
        var plan = new FeaturePlan(TestSchemas.Small, ImmutableDictionary<string, ImmutableArray<string>>.Empty.Add("kind", ["food", "fuel", "travel", "toys"]));
        var values = new double[101 * plan.Count];
        Array.Fill(values, double.NaN);
        for (var row = 0; row < 101; row++)
        {
            values[row * plan.Count] = 100 - row;
            values[row * plan.Count + 2] = row % 10 is 0 ? double.NaN : row % 10 is 1 ? 0 : row % 10 < 5 ? 3 : row % 10 < 8 ? 1 : 2;
        }

        var usual = UsualValue.Of(plan, new TrainingSet(plan.Columns, values, new byte[101]));

        usual.Keys.ShouldBe(["amount", "kind"]);
        usual["amount"].ShouldBe(new UsualValue(10, 50, 90, []));
        usual["kind"].MostFrequent.ShouldBe(["fuel", "toys", "travel"]);
    }

    static WindowFeature Window(string name, WindowKind kind, int hours, string? of = null) => new(name, kind, ["card"], TimeSpan.FromHours(hours)) { Of = of };

    static ImmutableSortedDictionary<string, UsualValue> Usual() => ImmutableSortedDictionary<string, UsualValue>.Empty
        .Add("amount", Range(4.2, 140)).Add("log_amount", Range(Math.Log(5.2), Math.Log(141))).Add("hour", Range(8, 21)).Add("night", Range(0, 1)).Add("weekday", Range(0, 6))
        .Add("age", Range(20.4, 70.9)).Add("distance_km", Range(2.11, 80.4)).Add("count_1h", Range(0, 1)).Add("count_7d", Range(3, 3)).Add("since", Range(1800, 216_000))
        .Add("risk", Range(0, 0)).Add("limit", Range(1, 2)).Add("max_limit", Range(1, 2)).Add("of_limit", Range(0, 1))
        .Add("kind", new UsualValue(double.NaN, double.NaN, double.NaN, ["food", "fuel"]))
        .Add("street", new UsualValue(double.NaN, double.NaN, double.NaN, ["Elm Street 5"]));

    static UsualValue Range(double low, double high) => new(low, low, high, []);

    static Reason Describe(string feature, double value) => new ReasonText(s_plan, Usual()).Of(s_schema.Features[Of(feature)], value, 1.5);

    static int Of(string feature) => s_plan.Columns.ToList().FindIndex(column => column.Name == feature);

    static double[] Contributions(params (string Feature, double LogOdds)[] given)
    {
        var contributions = new double[s_plan.Count];
        foreach (var (feature, logOdds) in given)
            contributions[Of(feature)] = logOdds;
        return contributions;
    }

    static ModelExplainer ModelWithReasons()
    {
        var now = DateTimeOffset.UnixEpoch;
        var card = new ModelCard("v1", now, s_plan, new ModelThreshold(0.5, "by hand"), new TrainingFacts(now, now, 1, 0, 1)) { Usual = Usual() };
        var tree = new RegressionTree([new(0.5, 1, (ushort)Of("count_1h"), false, false), TreeNode.Leaf(1), TreeNode.Leaf(-1)], [], [4, 1, 3], new double[3]);
        var scorer = new TreeEnsemble(s_plan.Columns, [.. s_plan.Columns.Select(c => c.Kind == FeatureKind.Category ? new CategoryTable([0, 1]) : null)], 0, [tree]);
        return ModelExplainer.TryCreate(new ScoringModel(card, scorer), out var explainer, out var why) ? explainer : throw new InvalidOperationException(why);
    }

    static string Json(Reason reason)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
            reason.Write(json);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
