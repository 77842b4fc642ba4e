using System.Text.Json;
using FraudStreams.Model.Schemas;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Schemas;

public sealed class TransactionSchemaTests
{
    static readonly SchemaDraft Draft = TestSchemas.Draft;

    [Fact]
    public void Roles_are_found_by_their_positions()
    {
        var schema = TestSchemas.Small;

        schema.Fields[schema.IdField].Name.ShouldBe("id");
        schema.Fields[schema.KeyField].Name.ShouldBe("card");
        schema.Fields[schema.LabelField].Name.ShouldBe("fraud");
        schema.IndexOf("nobody").ShouldBe(-1);
        TransactionSchema.Create(Draft with { Roles = Draft.Roles with { Card = null } }).KeyField.ShouldBe(schema.IdField);
    }

    [Fact]
    public void A_schema_round_trips_through_json()
    {
        var json = SchemaJson.ToJson(TestSchemas.Small).ToJsonString();

        var back = SchemaJson.FromJson(JsonDocument.Parse(json).RootElement, "card.json");

        back.ShouldBe(TestSchemas.Small);
        back.Id.ShouldBe(TestSchemas.Small.Id);
        back.Features.ShouldBe(TestSchemas.Small.Features);
        SchemaJson.ToJson(back).ToJsonString().ShouldBe(json);
    }

    [Fact]
    public void The_id_changes_with_anything_that_changes_the_meaning()
    {
        var optional = Draft with { Fields = Draft.Fields.SetItem(5, Draft.Fields[5] with { Optional = true }) };
        var secret = Draft with { Fields = Draft.Fields.SetItem(4, Draft.Fields[4] with { Secret = true }) };
        var feature = Draft with { Features = Draft.Features.SetItem(3, new CalendarFeature("hour", "at", CalendarPart.HourSin)) };

        string[] ids = [TestSchemas.Small.Id, .. new[] { optional, secret, feature }.Select(d => TransactionSchema.Create(d).Id)];

        ids.Distinct().Count().ShouldBe(4);
        ids.ShouldAllBe(id => id.Length == 64);
    }

    public static TheoryData<string, SchemaDraft, string> Contradictions()
    {
        SchemaDraft With(SchemaField field) => Draft with { Fields = Draft.Fields.Add(field) };
        SchemaDraft Feature(FeatureDefinition feature) => Draft with { Features = [feature] };
        SchemaDraft Roles(SchemaRoles roles) => Draft with { Roles = roles };
        return new()
        {
            { "no fields", Draft with { Fields = [], Roles = new("a", "b", "c") }, "fields: has 0 fields" },
            { "twice", With(new("Amount", FieldType.Number)), "fields.Amount: appears twice (names that differ only in case count as the same)" },
            { "reserved", With(new("score", FieldType.Number)), "fields.score: is a reserved name" },
            { "quote", With(new("a\"b", FieldType.Number)), "fields.a\"b: has a quote" },
            { "nameless", With(new("", FieldType.Number)), "fields: field 14 has no name" },
            { "format", With(new("x", FieldType.Time)), "fields.x: is a time without a format; say format = \"yyyy-MM-dd HH:mm:ss\"" },
            { "no time", With(new("x", FieldType.Text) { TimeFormats = [TimeFormat.Date] }), "fields.x: has a time format and is text" },
            { "digits", With(new("x", FieldType.Number) { Digits = new(1, 2) }), "fields.x: has a number of digits and is a number" },
            { "digit range", With(new("x", FieldType.Text) { Digits = new(3, 2) }), "fields.x: wants 3 to 2 digits" },
            { "role", Roles(Draft.Roles with { Card = "Card" }), "roles.card: there is no field Card; card is one" },
            { "role type", Roles(Draft.Roles with { Card = "amount", Amount = "people" }), "roles.card: amount is a number; card must be text" },
            { "role optional", Roles(Draft.Roles with { Time = "born" }), "roles.time: born is optional; every record needs its time" },
            { "roles", Roles(Draft.Roles with { Merchant = "id" }), "roles: id has 2 roles; a field has one at most" },
            { "label type", Roles(Draft.Roles with { Label = "kind" }), "roles.label: kind is text; label must be a whole number" },
            { "no features", Draft with { Features = [] }, "features: there are none" },
            { "feature twice", Draft with { Features = Draft.Features.Add(new NumberFeature("amount", "lat")) }, "features.amount: appears twice" },
            { "feature field", Feature(new LogFeature("f", "amt")), "features.f: there is no field amt" },
            { "feature type", Feature(new NumberFeature("f", "kind")), "features.f: kind is text; this feature needs a number" },
            { "label", Feature(new RatioFeature("f", "amount", "fraud")), "features.f: uses the label fraud, which is not known when a payment is scored" },
            { "label category", Feature(new DifferenceFeature("f", "fraud", "amount")), "features.f: uses the label fraud" },
            { "id", Feature(new CategoryFeature("f", "id", 1, 2)), "features.f: takes the id id as a category" },
            { "age", Feature(new AgeFeature("f", "at")), "features.f: counts the years from at to itself" },
            { "count", Feature(new CategoryFeature("f", "kind", 0, 2)), "features.f: min-count is 0" },
            { "categories", Feature(new CategoryFeature("f", "kind", 1, 256)), "features.f: max-categories is 256; 1 to 255 are possible" },
            { "distance", Feature(new DistanceFeature("f", "lat", "long", "shop_lat", "shop")), "features.f: shop is text; this feature needs a number" },
        };
    }

    public static TheoryData<WindowFeature, string> WrongWindows()
    {
        var day = TimeSpan.FromDays(1);
        var count = new WindowFeature("w", WindowKind.Count, ["card"], day);
        var mean = count with { Kind = WindowKind.Mean, Of = "amount" };
        return new()
        {
            { count with { By = [] }, "by has 0 fields; 1 to 4 are possible" },
            { count with { By = ["crad"] }, "there is no field crad" },
            { count with { By = ["amount"] }, "amount is a number; this feature needs text" },
            { count with { By = ["id"] }, "by the id id, which is different in every payment: it has no history" },
            { count with { By = ["card", "card"] }, "by has a field twice: card, card" },
            { count with { Over = TimeSpan.Zero }, "over is 00:00:00; 1s to 3660d are possible" },
            { count with { Over = TimeSpan.FromDays(3661) }, "over is 3661.00:00:00; 1s to 3660d are possible" },
            { count with { Over = day + TimeSpan.FromTicks(1) }, "over and delay are whole milliseconds" },
            { count with { Delay = -day }, "delay is -1.00:00:00; 0s to 3660d are possible" },
            { count with { Delay = day, CountsItself = false }, "ends before the payment, which is out in any case; leave `current` out" },
            { count with { Of = "amount" }, "count is about payments, not about amount; leave `of` out" },
            { mean with { Of = null }, "mean needs the field it is of; say of = …" },
            { mean with { Of = "kind" }, "kind is text; this feature needs a number" },
            { mean with { Of = "fraud" }, "uses the label fraud, which is not known when a payment is scored" },
            { mean with { Kind = WindowKind.Distinct }, "amount is a number; this feature needs text" },
            { count with { Kind = WindowKind.FraudShare }, "uses labels of payments that have only just happened, when nobody knows them; say delay = 7d" },
            { count with { Kind = WindowKind.SinceLast, Delay = day }, "counts from the payment before; leave the delay out" },
            { count with { Kind = WindowKind.SinceLast, CountsItself = false }, "never counts the payment itself; leave `current` out" },
        };
    }

    [Theory]
    [MemberData(nameof(WrongWindows))]
    public void An_invalid_window_is_refused(WindowFeature window, string problem)
    {
        var e = Should.Throw<SchemaException>(() => TransactionSchema.Create(Draft with { Features = [window] }));

        e.Problems.ShouldContain(p => p.StartsWith($"features.w: {problem}"), e.Message);
    }

    [Fact]
    public void Windows_round_trip_through_json_and_are_part_of_the_id()
    {
        var window = new WindowFeature("w", WindowKind.Mean, ["card", "shop"], TimeSpan.FromDays(7)) { Of = "amount", CountsItself = false };
        WindowFeature[] all =
        [
            window,
            window with { Kind = WindowKind.Max },
            window with { By = ["shop", "card"] },
            window with { Of = "people" },
            window with { Over = TimeSpan.FromHours(7) },
            window with { CountsItself = true },
            window with { CountsItself = true, Delay = TimeSpan.FromHours(2) },
        ];

        var schemas = all.Select(w => TransactionSchema.Create(Draft with { Features = [w, new RatioFeature("r", "amount", "w")] })).ToList();

        schemas.Select(s => s.Id).Distinct().Count().ShouldBe(all.Length);
        foreach (var schema in schemas)
            SchemaJson.FromJson(JsonDocument.Parse(SchemaJson.ToJson(schema).ToJsonString()).RootElement, "card.json").ShouldBe(schema);
        schemas[0].WindowFeatures.ShouldBe([window]);
    }

    [Theory]
    [InlineData("later", "features.r: there is no field later")]
    [InlineData("r", "features.r: there is no field r")]
    [InlineData("kinds", "features.r: kinds is a category; this feature needs a number")]
    public void A_ratio_takes_earlier_features_that_are_numbers(string of, string problem)
    {
        FeatureDefinition[] features =
            [new CategoryFeature("kinds", "kind", 1, 2), new RatioFeature("r", "amount", of), new NumberFeature("later", "amount")];

        Should.Throw<SchemaException>(() => TransactionSchema.Create(Draft with { Features = [.. features] }))
            .Problems.ShouldHaveSingleItem().ShouldStartWith(problem);
    }

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void A_contradiction_is_reported_with_its_path(string what, SchemaDraft draft, string problem)
    {
        what.ShouldNotBeEmpty();

        var e = Should.Throw<SchemaException>(() => TransactionSchema.Create(draft, "pay.conf"));

        e.Problems.ShouldContain(p => p.StartsWith(problem), e.Message);
        e.Message.ShouldStartWith("pay.conf:");
    }

    [Fact]
    public void All_problems_are_reported_at_once()
    {
        var draft = Draft with
        {
            Fields = Draft.Fields.Add(new("score", FieldType.Time)),
            Roles = Draft.Roles with { Id = "nobody" },
            Features = [new NumberFeature("f", "nothing")],
        };

        Should.Throw<SchemaException>(() => TransactionSchema.Create(draft)).Problems.Length.ShouldBe(4);
    }

    [Fact]
    public void A_damaged_schema_in_json_is_refused()
    {
        var json = SchemaJson.ToJson(TestSchemas.Small);
        json["fields"]![0]!["type"] = "Money";

        var e = Should.Throw<SchemaException>(() => SchemaJson.FromJson(JsonDocument.Parse(json.ToJsonString()).RootElement, "card.json"));

        e.Message.ShouldStartWith("card.json: the schema in it cannot be read: type is \"Money\"; possible are Text, Number");
    }
}
