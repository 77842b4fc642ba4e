using System.Buffers;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Model.Tests.Schemas;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Csv;

/// <summary>What the section csv of a schema says of how values are written. Both readers read them alike.</summary>
public sealed class CsvFormatTests
{
    static readonly TransactionSchema s_plain = Plain(TimeFormat.DateTime);

    static TransactionSchema Plain(params System.Collections.Immutable.ImmutableArray<TimeFormat> at) => TransactionSchema.Create(new SchemaDraft(
        "shop",
        [
            new("id", FieldType.Text),
            new("at", FieldType.Time) { TimeFormats = at },
            new("seen", FieldType.Time) { TimeFormats = [TimeFormat.UnixSeconds], Optional = true },
            new("amount", FieldType.Number),
            new("items", FieldType.Integer) { Optional = true },
            new("note", FieldType.Text) { Optional = true },
            new("fraud", FieldType.Integer) { Optional = true },
        ],
        new SchemaRoles("id", "at", "amount") { Label = "fraud" })
    {
        Features = [new NumberFeature("amount", "amount")],
    });

    static readonly CsvFormat s_german = new()
    {
        Decimal = ',',
        Thousands = '.',
        Times = [Time("dd.MM.yyyy HH:mm"), Time("dd.MM.yyyy")],
        Fraud = ["ja"],
        Legitimate = ["nein"],
        Missing = ["k. A."],
    };

    [Theory]
    [InlineData("1;31.01.2025 14:13;;1.234,56;3;\"a;b\";ja", "1|2025-01-31 14:13:00||1234.56|3|a;b|1")]
    [InlineData("1;2025-01-31 14:13:05;01.02.2025;-0,5;k. a.;K. A.;NEIN", "1|2025-01-31 14:13:05|1738368000|-0.5|||0")]
    [InlineData("1;31.01.2025 00:00;1738368000;12;1.000;;1", "1|2025-01-31 00:00:00|1738368000|12|1000||1")]
    [InlineData("1;31.01.2025;;+1.000.000,25;;;", "1|2025-01-31 00:00:00||1000000.25|||")]
    public void Values_are_read_as_declared(string row, string expected) => Read(s_german, row).ShouldBe(expected);

    [Theory]
    [InlineData("1;31.02.2025 14:13;;1;;;", "at: \"31.02.2025 14:13\" is not a time as yyyy-MM-dd HH:mm:ss, in files dd.MM.yyyy HH:mm or dd.MM.yyyy")]
    [InlineData("1;31/01/2025;;1;;;", "at: \"31/01/2025\" is not a time as yyyy-MM-dd HH:mm:ss, in files")]
    [InlineData("1;31.01.2025;;12.5;;;", "amount: \"'12.5\" is not a number; write it with a decimal point and without group separators")]
    [InlineData("1;31.01.2025;;1.23.456;;;", "amount: ")]
    [InlineData("1;31.01.2025;;1,2,3;;;", "amount: ")]
    [InlineData("1;31.01.2025;;k. A.;;;", "amount: \"k. A.\" is not a number")]
    [InlineData("1;31.01.2025;;1;;;vielleicht", "fraud: \"vielleicht\" is not a label")]
    public void What_is_not_written_as_declared_is_rejected_with_its_field(string row, string reason) => Read(s_german, row).ShouldStartWith(reason);

    [Fact]
    public void A_clock_that_no_format_of_the_field_keeps_is_rejected_and_not_cut()
    {
        Read([TimeFormat.Date], "31.01.2025").ShouldBe("2025-01-31");
        Read([TimeFormat.Date], "31.01.2025 14:13").ShouldStartWith("at: \"31.01.2025 14:13\" is not a time");
        Read([TimeFormat.Date, TimeFormat.DateTime], "31.01.2025 14:13").ShouldBe("2025-01-31 14:13:00");

        static string Read(System.Collections.Immutable.ImmutableArray<TimeFormat> formats, string time)
        {
            return Rows(s_german, $"id;at;seen;amount;items;note;fraud\n1;{time};;1;;;\n", Plain(formats)).Single() is var read && read.Contains('|', StringComparison.Ordinal) ? read.Split('|')[1] : read;
        }
    }

    [Theory]
    [InlineData("unix-seconds", "1738368000000")]
    [InlineData("iso-8601", "0001-01-01T00:00:00+01:00")]
    [InlineData("iso-8601", "9999-12-31T23:59:59-01:00")]
    public void A_time_beyond_what_is_read_is_rejected(string format, string time) =>
        Read(new CsvFormat { Times = [Time(format)] }, $"1;{time};;1;;;").ShouldStartWith("at: ");

    /// <summary>1.234 with a decimal comma is a thousand or nothing: never a little more than 1.</summary>
    [Fact]
    public void A_point_beside_a_decimal_comma_is_never_a_decimal_point() =>
        Read(new CsvFormat { Decimal = ',' }, "1;2025-01-31 00:00:00;;1.234;;;").ShouldStartWith("amount: ");

    [Theory]
    [InlineData("1;2025-01-31 00:00:00;;1 234,5;;;", ' ', ',', "1234.5")]
    [InlineData("1;2025-01-31 00:00:00;;1\u202F234,5;;;", ' ', ',', "1234.5")]
    [InlineData("1;2025-01-31 00:00:00;;1,234.5;;;", ',', '.', "1234.5")]
    public void Groups_are_of_three_digits(string row, char thousands, char mark, string amount) =>
        Read(new CsvFormat { Decimal = mark, Thousands = thousands }, row).Split('|')[3].ShouldBe(amount);

    [Theory]
    [InlineData("MM/dd/yyyy hh:mm:ss tt", "01/31/2025 02:13:45 PM", "2025-01-31 14:13:45")]
    [InlineData("d-MMM-yy H:mm", "31-Jan-25 9:05", "2025-01-31 09:05:00")]
    [InlineData("yyyyMMddHHmmss", "20250131141345", "2025-01-31 14:13:45")]
    [InlineData("yyyy-MM-dd HH:mm:sszzz", "2025-01-31 14:13:45+02:00", "2025-01-31 12:13:45")]
    [InlineData("unix-milliseconds", "1738332825000", "2025-01-31 14:13:45")]
    public void A_time_is_read_by_its_pattern(string pattern, string text, string time) =>
        Read(new CsvFormat { Times = [Time(pattern)] }, $"1;{text};;1;;;").Split('|')[1].ShouldBe(time);

    [Theory]
    [InlineData("yyyy-mm-dd", "has no whole date: MM is the month (mm the minute)")]
    [InlineData("dd.MM", "has no whole date")]
    [InlineData("dd.MM.yyyy hh:mm", "has no whole clock: HH is the hour from 0 to 23; hh needs tt")]
    [InlineData("whenever", "has no whole date")]
    [InlineData("%", "pattern")]
    public void A_pattern_that_loses_a_part_is_refused(string pattern, string problem)
    {
        CsvTimeFormat.Parse(pattern, out var found);

        found.ShouldNotBeNull().ShouldContain(problem == "pattern" ? "\"%\"" : problem);
    }

    [Fact]
    public void Separator_and_quote_are_the_declared_ones()
    {
        const string csv = "id^at^amount^note\n1^2025-01-31 00:00:00^1^'it''s ^ \"here\"'\n2^2025-01-31 00:00:00^2^5\" pipe\n";

        Rows(new CsvFormat { Separator = '^', Quote = '\'' }, csv, s_plain).ShouldBe(["1|2025-01-31 00:00:00||1||it's ^ \"here\"|", "2|2025-01-31 00:00:00||2||5\" pipe|"]);
        Rows(new CsvFormat { Quote = '\0' }, "id,at,amount,note\n1,2025-01-31 00:00:00,1,\"half\n", s_plain).ShouldBe(["1|2025-01-31 00:00:00||1||\"half|"]);
        Should.Throw<SchemaException>(() => Rows(new CsvFormat { Separator = ';' }, "id,at,amount\n", s_plain)).Message
            .ShouldContain("csv.separator of the schema is semicolon, and the line has commas");
    }

    /// <summary>The same payments in files that are written in other ways are payments of one schema.</summary>
    [Fact]
    public void How_files_are_written_is_kept_on_the_card_and_is_no_part_of_the_identity()
    {
        var german = s_plain with { Csv = s_german with { Encoding = "latin-1", Separator = ';', Quote = '\'' } };

        german.ShouldBe(s_plain);
        var again = SchemaJson.FromJson(System.Text.Json.JsonSerializer.SerializeToElement(SchemaJson.ToJson(german)), "card.json");
        again.ShouldBe(s_plain);
        again.Csv.Encoding.ShouldBe("latin-1");
        again.Csv.Times.ShouldBe(s_german.Times);
        (again.Csv.Separator, again.Csv.Quote, again.Csv.Decimal, again.Csv.Thousands).ShouldBe((';', '\'', ',', '.'));
        again.Csv.Fraud.ShouldBe(["ja"]);
        again.Csv.Missing.ShouldBe(["k. A."]);
        SchemaJson.ToJson(s_plain).ContainsKey("csv").ShouldBeFalse();
    }

    [Fact]
    public void Confirmed_rows_are_written_as_declared_and_read_back()
    {
        var schema = s_plain with { Csv = s_german with { Separator = ';', Quote = '\'' } };
        var text = new ArrayBufferWriter<byte>();
        var writer = new ConfirmedCsvWriter(schema, text);
        writer.WriteHeader();
        writer.BeginRow(default, confirmed: true);
        writer.Text("1"u8);
        writer.Whole(1_738_332_780_000);
        writer.Whole(1_738_332_780_000);
        writer.Number(1234.5);
        writer.Whole(3);
        writer.Text("a;'b'"u8);
        writer.Missing();

        var written = System.Text.Encoding.UTF8.GetString(text.WrittenSpan);

        written.Split('\n')[1].ShouldBe("1;31.01.2025 14:13;31.01.2025 14:13;1234,5;3;'a;''b''';1");
        Rows(schema.Csv, written, schema).ShouldBe(["1|2025-01-31 14:13:00|1738332780|1234.5|3|a;'b'|1"]);
    }

    [Theory]
    [InlineData("latin-1", true)]
    [InlineData("windows-1252", true)]
    [InlineData("UTF-16", true)]
    [InlineData("ibm850", true)]
    [InlineData("klingon", false)]
    public void Encodings_are_known_by_name(string name, bool isKnown)
    {
        (CsvFormat.EncodingOf(name) is not null).ShouldBe(isKnown);
        var draft = TestSchemas.Draft with { Csv = new CsvFormat { Encoding = name } };
        if (!isKnown)
            Should.Throw<SchemaException>(() => TransactionSchema.Create(draft)).Message.ShouldContain("csv.encoding: is \"klingon\", which is no encoding known here");
    }

    [Fact]
    public void What_contradicts_itself_is_refused_all_at_once()
    {
        var draft = TestSchemas.Draft with { Csv = new CsvFormat { Separator = 'x', Decimal = ';', Thousands = '.', Fraud = ["ja"], Legitimate = ["JA"] } };

        var refusal = Should.Throw<SchemaException>(() => TransactionSchema.Create(draft)).Message;

        foreach (var problem in (string[])["csv.separator: is \"x\"", "csv.decimal: is \";\""])
            refusal.ShouldContain(problem);
        refusal.ShouldContain("stands for both");
    }

    static CsvTimeFormat Time(string text) => CsvTimeFormat.Parse(text, out var problem) is var format && problem is null ? format : throw new ArgumentException(problem);

    static string Read(CsvFormat format, string row) => Rows(format, $"id;at;seen;amount;items;note;fraud\n{row}\n", s_plain with { Csv = format }).Single();

    /// <summary>Values or the reason of each row, which are those of the stream as well.</summary>
    static List<string> Rows(CsvFormat format, string csv, TransactionSchema schema)
    {
        schema = schema with { Csv = format };
        var read = new List<string>();
        using var rows = new TransactionRows(schema);
        using var streamed = new TransactionRows(schema);
        using var reader = new CsvReader(new MemoryStream(csv.Utf8()), schema, "f.csv");
        using var toJson = new CsvToJson(new MemoryStream(csv.Utf8()), schema, "f.csv");
        var ofJson = new TransactionReader(schema);
        var json = new ArrayBufferWriter<byte>();
        for (; reader.TryRead(rows, out var reason); json.ResetWrittenCount())
        {
            toJson.TryRead(json).ShouldBeTrue();
            ofJson.Read(json.WrittenSpan, streamed)?.Message.ShouldBe(reason?.Message);
            if (reason is null)
                toJson.EventTime.ShouldBe(rows.EventTime(rows.Count - 1));
            read.Add(reason?.Message ?? Values(rows, schema));
            if (reason is null)
                Values(streamed, schema).ShouldBe(read[^1]);
        }

        return read;
    }

    static string Values(TransactionRows rows, TransactionSchema schema) => string.Join('|', Enumerable.Range(0, schema.Fields.Length).Select(field => schema.Fields[field].Type switch
    {
        FieldType.Number => double.IsNaN(rows.Number(rows.Count - 1, field)) ? "" : FormattableString.Invariant($"{rows.Number(rows.Count - 1, field)}"),
        FieldType.Text => rows.Text(rows.Count - 1, field).Text(),
        _ => rows.Written(rows.Count - 1, field).Text(),
    }));
}
