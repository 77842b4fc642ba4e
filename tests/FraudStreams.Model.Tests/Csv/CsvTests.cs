using System.Buffers;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Model.Tests.Schemas;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Csv;

public sealed class CsvTests
{
    const string Header = ",id,at,born,card,shop,kind,amount,lat,long,shop_lat,shop_long,people,fraud";
    const string Row = "0,t1,1325376108,1969-03-10,6565356119945483,Murray,grocery_pos,115.32,40.3011,-89.6872,40.308168,-89.957784,907,0";

    [Fact]
    public void A_row_becomes_an_object_with_the_files_columns_in_their_order() =>
        Json(Header + "\n" + Row + "\n").ShouldBe([TestSchemas.Good]);

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\n")]
    public void Line_ends_blank_lines_and_a_byte_order_mark_are_handled(string end)
    {
        var csv = "\uFEFF" + Header + end + Row + end + end + Row.Replace("t1", "t2");

        Json(csv).ShouldBe([TestSchemas.Good, TestSchemas.Good.Replace("t1", "t2")]);
    }

    [Fact]
    public void Quoted_fields_hold_commas_quotes_and_line_ends()
    {
        var csv = Header + "\r\n" + Row.Replace("Murray", "\"Jones, \"\"Sawayn\"\"\r\nand Co\"") + "\r\n" + Row.Replace("grocery_pos", "\"\"\"\"");

        Json(csv).ShouldBe(
            [TestSchemas.Good.Replace("Murray", """Jones, \"Sawayn\"\u000d\u000aand Co"""), TestSchemas.Good.Replace("grocery_pos", "\\\"")]);
        var read = Read(csv, out var reasons);
        reasons.ShouldAllBe(r => r == null);
        read.Text(0, TestSchemas.Small.MerchantField).Text().ShouldBe("Jones, \"Sawayn\"\r\nand Co");
        read.Text(1, TestSchemas.Small.IndexOf("kind")).Text().ShouldBe("\"");
    }

    [Theory]
    [InlineData("5\" pipe", "5\\\" pipe")]
    [InlineData("\"a\" b", "\\\"a\\\" b")]
    [InlineData("tab\there", "tab\\u0009here")]
    [InlineData("back\\slash", "back\\\\slash")]
    public void Text_with_quotes_and_control_characters_is_escaped(string csv, string json) =>
        Json(Header + "\n" + Row.Replace("Murray", csv)).ShouldBe([TestSchemas.Good.Replace("Murray", json)]);

    [Fact]
    public void A_value_that_is_not_a_json_number_becomes_a_string()
    {
        var csv = Header + "\n" + Row.Replace("115.32", "0012.50") + "\n" + Row.Replace("115.32", "12abc") + "\n" + Row.Replace("907", "");

        Json(csv).ShouldBe(
        [
            TestSchemas.Good.Replace("115.32", "\"0012.50\""), TestSchemas.Good.Replace("115.32", "\"12abc\""), TestSchemas.Good.Replace("907", "null"),
        ]);
    }

    [Fact]
    public void A_line_with_a_wrong_column_count_is_copied_and_has_a_reason()
    {
        const string broken = "0,t1,1325376108,1969-03-10";
        var csv = Header + "\n" + broken + "\n" + Row;

        Json(csv).ShouldBe([broken, TestSchemas.Good]);
        Read(csv, out var reasons).Count.ShouldBe(1);
        reasons[0].ShouldBe(new RejectReason(RejectCodes.ColumnCount, "line 2: has 4 columns where the file's first line has 14"));
        using var rows = new TransactionRows(TestSchemas.Small);
        new TransactionReader(TestSchemas.Small).Read(broken.Utf8(), rows).ShouldBe(new RejectReason(
            RejectCodes.ColumnCount, "the record is a line of 4 comma-separated columns, not a JSON object; schema small has 13 fields"));
    }

    [Theory]
    [InlineData(';', "semicolon")]
    [InlineData('\t', "tab")]
    [InlineData('|', "bar")]
    public void The_separator_is_that_of_the_file_also_in_messages(char separator, string name)
    {
        var broken = $"0{separator}t1{separator}1325376108";
        var csv = $"{Header}\n{Row}\n".Replace(',', separator) + broken;

        Json(csv).ShouldBe([TestSchemas.Good, broken]);
        Read(csv, out var reasons).Count.ShouldBe(1);
        reasons[1]!.Message.ShouldBe("line 3: has 3 columns where the file's first line has 14");
        using var rows = new TransactionRows(TestSchemas.Small);
        new TransactionReader(TestSchemas.Small).Read(broken.Utf8(), rows)!.Message
            .ShouldStartWith($"the record is a line of 3 {name}-separated columns, not a JSON object");
    }

    [Fact]
    public void An_unclosed_quote_rejects_only_its_own_line()
    {
        var broken = Row.Replace("Murray", "\"Murray");
        var csv = Header + "\n" + broken + "\n" + Row + "\n" + Row;

        Json(csv).ShouldBe([broken, TestSchemas.Good, TestSchemas.Good]);
        Read(csv, out var reasons).Count.ShouldBe(2);
        reasons[0]!.Message.ShouldBe("line 2: a quote is opened and never closed");
    }

    [Fact]
    public void Columns_in_another_order_without_an_index_column_are_read()
    {
        var json = Json("kind,fraud,amount,card,at,id,extra\nfood,1,3,6565356119945483,1325376108,x,more\n");

        json.ShouldBe(["""{"kind":"food","fraud":1,"amount":3,"card":"6565356119945483","at":1325376108,"id":"x","extra":"more"}"""]);
    }

    [Fact]
    public void A_synthetic_id_is_the_file_name_and_the_row_number()
    {
        var schema = TransactionSchema.Create(TestSchemas.Draft with
        {
            Fields = [.. TestSchemas.Draft.Fields.Where(f => f.Name is not ("id" or "card"))],
            Roles = TestSchemas.Draft.Roles with { IdFromRow = true, Card = null },
        });
        const string csv = "at,kind,amount\n1325376108,a,1\nbroken\n1325376109,b,2\n";
        using var toJson = new CsvToJson(Stream(csv), schema, "/data/pay \"1\".csv");
        using var rows = new TransactionRows(schema);
        var into = new ArrayBufferWriter<byte>();

        toJson.TryRead(into).ShouldBeTrue();
        toJson.Key.Text().ShouldBe("pay \"1\".csv:1");
        toJson.EventTime.ShouldBe(1325376108000);
        new TransactionReader(schema).Read(into.WrittenSpan, rows).ShouldBeNull();
        toJson.TryRead(into).ShouldBeTrue();
        toJson.Key.Length.ShouldBe(0);
        toJson.EventTime.ShouldBeNull();
        toJson.TryRead(into).ShouldBeTrue();
        toJson.Key.Text().ShouldBe("pay \"1\".csv:3");
        toJson.TryRead(into).ShouldBeFalse();

        rows.Id(0).Text().ShouldBe("pay \"1\".csv:1");
        rows.Key(0).Text().ShouldBe("pay \"1\".csv:1");
        using var reader = new CsvReader(Stream(csv), schema, "/data/pay \"1\".csv");
        rows.Clear();
        while (reader.TryRead(rows, out _))
        {
        }
        rows.Count.ShouldBe(2);
        rows.Id(1).Text().ShouldBe("pay \"1\".csv:3");
    }

    [Fact]
    public void A_reader_resumes_from_the_position_of_another()
    {
        var csv = Header + "\r\n" + string.Join("\r\n", Enumerable.Range(1, 100).Select(i => Row.Replace("t1", $"\"t\"\"\r\n{i}\"")));
        var all = Json(csv);

        for (var stop = 0; stop <= 100; stop++)
        {
            var into = new ArrayBufferWriter<byte>();
            using var first = new CsvToJson(Stream(csv), TestSchemas.Small, "f.csv");
            for (var i = 0; i < stop; i++)
                first.TryRead(into);
            using var second = new CsvToJson(Stream(csv), TestSchemas.Small, "f.csv", first.Position);

            Rest(second).ShouldBe(all[stop..]);
            second.Row.ShouldBe(100);
            second.Position.Line.ShouldBe(202);
        }
    }

    [Fact]
    public void A_stream_that_gives_a_byte_at_a_time_gives_the_same_records()
    {
        var csv = Header + "\r\n" + Row.Replace("Murray", "\"a\"\"b\r\nc\"") + "\r\n" + Row + "\r\n" + Row.Replace("Murray", "\"open") + "\r\n" + Row;
        using var slow = new CsvToJson(new ByteAtATime(csv.Utf8()), TestSchemas.Small, "f.csv");

        Rest(slow).ShouldBe(Json(csv));
    }

    [Fact]
    public void A_record_longer_than_the_buffer_is_read_whole()
    {
        var shop = new string('x', 600_000);

        Json(Header + "\n" + Row.Replace("Murray", shop) + "\n" + Row).ShouldBe([TestSchemas.Good.Replace("Murray", shop), TestSchemas.Good]);
    }

    [Theory]
    [InlineData("", "f.csv: is empty; its first line must name the columns")]
    [InlineData("id,at,kind,amount\n", "f.csv, line 1: column card of schema small is missing; the line has id, at, kind, amount")]
    [InlineData("1,2,3\n", "columns id, at, card, kind, amount of schema small are missing; does the file begin with a line of column names")]
    [InlineData("id,at,kind,amount,card,card\n", "f.csv, line 1: column card appears twice")]
    [InlineData("id,at,,kind,amount,card\n", "f.csv, line 1: column 3 has no name")]
    [InlineData("id,at,kind,amount,card,score\n", "f.csv, line 1: column score has a reserved name")]
    [InlineData("i\0d\0", "f.csv, line 1: is not UTF-8 text")]
    public void A_header_that_does_not_fit_the_schema_is_refused_with_its_columns(string csv, string message)
    {
        Should.Throw<SchemaException>(() => new CsvReader(Stream(csv), TestSchemas.Small, "f.csv")).Message.ShouldContain(message);
        Should.Throw<SchemaException>(() => new CsvToJson(Stream(csv), TestSchemas.Small, "f.csv")).Message.ShouldContain(message);
    }

    [Fact]
    public void Csv_to_rows_equals_csv_through_json_bit_for_bit()
    {
        var random = new Random(20261121);
        var csv = Header + "\n" + string.Join("\n", Enumerable.Range(0, 3000).Select(_ => RandomRow(random)));
        var direct = Read(csv, out var reasons);
        using var byJson = new TransactionRows(TestSchemas.Small);
        var reader = new TransactionReader(TestSchemas.Small);

        var reasonsByJson = RecordsOf(csv).Select(record => reader.Read(record, byJson)).ToList();

        reasonsByJson.Count.ShouldBe(reasons.Count);
        foreach (var (reason, byJsonReason) in reasons.Zip(reasonsByJson))
        {
            if (reason is { Code: RejectCodes.ColumnCount })
                byJsonReason.ShouldNotBeNull();
            else
                byJsonReason.ShouldBe(reason);
        }
        direct.Count.ShouldBeInRange(500, 2500);
        direct.Count.ShouldBe(byJson.Count);
        for (var row = 0; row < direct.Count; row++)
        {
            for (var field = 0; field < TestSchemas.Small.Fields.Length; field++)
            {
                direct.IsMissing(row, field).ShouldBe(byJson.IsMissing(row, field));
                BitConverter.DoubleToInt64Bits(direct.Number(row, field)).ShouldBe(BitConverter.DoubleToInt64Bits(byJson.Number(row, field)));
                direct.Integer(row, field).ShouldBe(byJson.Integer(row, field));
                direct.Text(row, field).SequenceEqual(byJson.Text(row, field)).ShouldBeTrue();
            }
        }
    }

    static string RandomRow(Random random)
    {
        string[] amounts = ["1", "-0", "0.1", "1e-7", "1E+5", ".5", "+3", "007", "123456789.123456789", "1.7976931348623157e308", "", "x"];
        string[] texts = ["plain", "\"quo\"\"ted\"", "\"a,b\"", "Ünï", "tab\t", "", " ", "back\\", "5\" x"];
        string[] dates = ["1969-03-10", "2000-02-29", "1900-02-29", "", "x"];
        string Pick(string[] from, double usual) => random.NextDouble() < usual ? from[0] : from[random.Next(from.Length)];
        var row = $"{random.Next()},id{random.Next()},{random.Next()},{Pick(dates, 0.9)},{random.NextInt64(100_000_000_000, 999_999_999_999)}," +
            $"{Pick(texts, 0.5)},{Pick(texts, 0.7)},{Pick(amounts, 0.3)},{random.NextDouble() * 90},{-random.NextDouble():R}," +
            $"{random.Next()},{random.NextSingle()},{Pick(["3", "4.0", "5e2", "", "2.5"], 0.8)},{Pick(["0", "1", "", "1.0", "2"], 0.8)}";
        return random.NextDouble() < 0.02 ? row[..random.Next(1, row.Length)].Replace("\"", "") : row;
    }

    static MemoryStream Stream(string csv) => new(csv.Utf8());

    static List<string> Json(string csv) => [.. RecordsOf(csv).Select(r => ((ReadOnlySpan<byte>)r).Text())];

    static List<byte[]> RecordsOf(string csv)
    {
        using var reader = new CsvToJson(Stream(csv), TestSchemas.Small, "f.csv");
        return Records(reader);
    }

    static List<string> Rest(CsvToJson reader) => [.. Records(reader).Select(r => ((ReadOnlySpan<byte>)r).Text())];

    static List<byte[]> Records(CsvToJson reader)
    {
        var records = new List<byte[]>();
        var into = new ArrayBufferWriter<byte>();
        while (reader.TryRead(into))
        {
            records.Add(into.WrittenSpan.ToArray());
            into.Clear();
        }
        return records;
    }

    static TransactionRows Read(string csv, out List<RejectReason?> reasons)
    {
        using var reader = new CsvReader(Stream(csv), TestSchemas.Small, "f.csv");
        var rows = new TransactionRows(TestSchemas.Small, expectedRows: 4);
        reasons = [];
        while (reader.TryRead(rows, out var reason))
            reasons.Add(reason);
        return rows;
    }

    sealed class ByteAtATime(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1));
    }
}
