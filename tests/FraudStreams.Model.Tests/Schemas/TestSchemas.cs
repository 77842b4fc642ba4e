using System.Text;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Tests.Schemas;

/// <summary>A small schema with every type of field, and a valid record of it.</summary>
static class TestSchemas
{
    internal const string Good =
        """{"id":"t1","at":1325376108,"born":"1969-03-10","card":"6565356119945483","shop":"Murray","kind":"grocery_pos","amount":115.32,"lat":40.3011,"long":-89.6872,"shop_lat":40.308168,"shop_long":-89.957784,"people":907,"fraud":0}""";

    internal static SchemaDraft Draft { get; } = new(
        "small",
        [
            new("id", FieldType.Text),
            new("at", FieldType.Time) { TimeFormats = [TimeFormat.UnixSeconds] },
            new("born", FieldType.Time) { TimeFormats = [TimeFormat.Date], Secret = true, Optional = true },
            new("card", FieldType.Text) { Secret = true, Digits = new(11, 19) },
            new("shop", FieldType.Text) { Optional = true },
            new("kind", FieldType.Text),
            new("amount", FieldType.Number),
            new("lat", FieldType.Number) { Optional = true },
            new("long", FieldType.Number) { Optional = true },
            new("shop_lat", FieldType.Number) { Optional = true },
            new("shop_long", FieldType.Number) { Optional = true },
            new("people", FieldType.Integer) { Optional = true },
            new("fraud", FieldType.Integer) { Optional = true },
        ],
        new SchemaRoles("id", "at", "amount") { Card = "card", Label = "fraud", Merchant = "shop" })
    {
        DropsIndexColumn = true,
        Features =
        [
            new NumberFeature("amount", "amount"),
            new LogFeature("log_amount", "amount"),
            new CategoryFeature("kind", "kind", 1, 100),
            new CalendarFeature("hour", "at", CalendarPart.Hour),
            new AgeFeature("age", "born"),
            new DistanceFeature("distance_km", "lat", "long", "shop_lat", "shop_long"),
            new RatioFeature("amount_by_people", "amount", "people"),
            new DifferenceFeature("north", "shop_lat", "lat"),
        ],
    };

    internal static TransactionSchema Small { get; } = TransactionSchema.Create(Draft);

    internal static byte[] Utf8(this string text) => Encoding.UTF8.GetBytes(text);

    internal static string Text(this ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);
}
