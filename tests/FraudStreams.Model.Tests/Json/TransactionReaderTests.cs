using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Model.Tests.Schemas;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Json;

public sealed class TransactionReaderTests : IDisposable
{
    readonly TransactionReader _reader = new(TestSchemas.Small, longestRecord: 4096);
    readonly TransactionRows _rows = new(TestSchemas.Small, expectedRows: 1);

    public void Dispose() => _rows.Dispose();

    [Fact]
    public void A_record_becomes_typed_cells_beside_its_bytes()
    {
        _reader.Read(TestSchemas.Good.Utf8(), _rows).ShouldBeNull();

        _rows.Count.ShouldBe(1);
        _rows.Id(0).Text().ShouldBe("t1");
        _rows.Key(0).Text().ShouldBe("6565356119945483");
        _rows.EventTime(0).ShouldBe(1325376108000);
        _rows.Amount(0).ShouldBe(115.32);
        _rows.Label(0).ShouldBe(false);
        _rows.Integer(0, TestSchemas.Small.IndexOf("people")).ShouldBe(907);
        _rows.Text(0, TestSchemas.Small.IndexOf("kind")).Text().ShouldBe("grocery_pos");
        _rows.Number(0, TestSchemas.Small.IndexOf("long")).ShouldBe(-89.6872);
        _rows.Source(0).Text().ShouldBe(TestSchemas.Good);
    }

    [Fact]
    public void Escaped_text_is_read_unescaped_and_the_source_stays_as_it_was()
    {
        var record = TestSchemas.Good.Replace("Murray", """Caf\u00e9 \"Zum L\u00f6wen\" \ud83c\udf7a\\""");

        _reader.Read(record.Utf8(), _rows).ShouldBeNull();

        _rows.Text(0, TestSchemas.Small.MerchantField).Text().ShouldBe("Café \"Zum Löwen\" 🍺\\");
        _rows.Source(0).Text().ShouldBe(record);
    }

    [Fact]
    public void Field_order_further_fields_and_escaped_names_do_not_matter()
    {
        const string record =
            """ {"amo\u0075nt":"1.5","more":{"a":[1,{"b":2}]},"kind":"x","card":6565356119945483,"at":"1325376108.25","list":[],"id":7} """;

        _reader.Read(record.Utf8(), _rows).ShouldBeNull();

        _rows.Amount(0).ShouldBe(1.5);
        _rows.EventTime(0).ShouldBe(1325376108250);
        _rows.Key(0).Text().ShouldBe("6565356119945483");
        _rows.Id(0).Text().ShouldBe("7");
        _rows.Label(0).ShouldBeNull();
        _rows.IsMissing(0, TestSchemas.Small.MerchantField).ShouldBeTrue();
        _rows.Number(0, TestSchemas.Small.IndexOf("lat")).ShouldBe(double.NaN);
    }

    [Theory]
    [InlineData("\"id\":\"t1\",", "", RejectCodes.MissingField, "id: is missing")]
    [InlineData("\"t1\"", "null", RejectCodes.MissingField, "id: is missing")]
    [InlineData("\"t1\"", "\"\"", RejectCodes.EmptyField, "id: is empty")]
    [InlineData("\"t1\"", "\"  \"", RejectCodes.EmptyField, "id: is empty")]
    [InlineData("\"t1\"", "true", RejectCodes.WrongType, "id: is true or false, not text")]
    [InlineData("115.32", "\"12abc\"", RejectCodes.WrongType, "amount: a value of the form 99aaa is not a number")]
    [InlineData("115.32", "\"\"", RejectCodes.EmptyField, "amount: is empty")]
    [InlineData("115.32", "\"NaN\"", RejectCodes.NotFinite, "amount: is NaN, not a finite number")]
    [InlineData("115.32", "1e999", RejectCodes.NotFinite, "amount: is infinite, not a finite number")]
    [InlineData("115.32", "NaN", RejectCodes.NotJson, "the record is not JSON after its byte")]
    [InlineData("115.32", "{\"value\":1}", RejectCodes.NestedValue, "amount: is an object, not one value")]
    [InlineData("115.32", "[1]", RejectCodes.NestedValue, "amount: is a list, not one value")]
    [InlineData("907", "907.5", RejectCodes.WrongType, "people: a value of the form 999.9 is not a whole number")]
    [InlineData("\"fraud\":0", "\"fraud\":2", RejectCodes.LabelNotBinary, "fraud: is not a label; 1 is fraud, 0 is not")]
    [InlineData("\"fraud\":0", "\"amount\":0", RejectCodes.DuplicateField, "amount: appears twice")]
    [InlineData("\"fraud\":0", "\"score\":0", RejectCodes.ReservedField, "the record has a reserved field")]
    [InlineData("\"fraud\":0", "\"sc\\u006fre\":0", RejectCodes.ReservedField, "the record has a reserved field")]
    [InlineData("1325376108", "1325376108000", RejectCodes.TimeOutOfRange, "at: a value of the form 9999999999999 as unix-seconds lies outside the years")]
    [InlineData("1325376108", "\"2012-01-01\"", RejectCodes.NotATime, "at: a value of the form 9999-99-99 is not a time as unix-seconds")]
    [InlineData("1969-03-10", "10/03/1969", RejectCodes.NotATime, "born: a value of the form 99/99/9999 is not a time as yyyy-MM-dd")]
    [InlineData("1969-03-10", "1969-02-29", RejectCodes.NotATime, "born: a value of the form 9999-99-99 is not a time as yyyy-MM-dd")]
    [InlineData("6565356119945483", "2.29E+15", RejectCodes.DamagedNumber, "card: is rounded to scientific notation, as spreadsheets do")]
    [InlineData("6565356119945483", "6565356119945483.0", RejectCodes.DamagedNumber, "card: is written as a decimal number")]
    [InlineData("6565356119945483", "6565 3561 1994 5483", RejectCodes.DamagedNumber, "card: has spaces or dashes")]
    [InlineData("6565356119945483", "656535611994548x", RejectCodes.DamagedNumber, "card: has characters that are not digits")]
    [InlineData("6565356119945483", "6565", RejectCodes.DamagedNumber, "card: has 4 digits (11 to 19 digits were expected)")]
    [InlineData("Murray", "\\ud800", RejectCodes.NotUtf8, "shop: has an escape that is half a character")]
    [InlineData("\"fraud\":0}", "\"fraud\":0", RejectCodes.Truncated, "the record ends after")]
    [InlineData("\"fraud\":0}", "\"fra", RejectCodes.Truncated, "the record ends after")]
    [InlineData("\"fraud\":0}", "\"fraud\":0} x", RejectCodes.NotJson, "the record is not JSON after its byte")]
    [InlineData("\"fraud\":0}", "\"fraud\":0}{}", RejectCodes.NotJson, "the record is not JSON after its byte")]
    [InlineData("\"fraud\":0", "\"fraud\":0,", RejectCodes.NotJson, "the record is not JSON after its byte")]
    public void An_invalid_record_has_a_reason_and_leaves_the_rows_unchanged(string good, string bad, string code, string message)
    {
        _reader.Read(TestSchemas.Good.Utf8(), _rows).ShouldBeNull();
        TestSchemas.Good.ShouldContain(good);

        var reason = _reader.Read(TestSchemas.Good.Replace(good, bad).Utf8(), _rows);

        reason.ShouldNotBeNull();
        reason.Code.ShouldBe(code);
        reason.Message.ShouldStartWith(message);
        _rows.Count.ShouldBe(1);
        _rows.Source(0).Text().ShouldBe(TestSchemas.Good);
        _rows.Id(0).Text().ShouldBe("t1");
    }

    [Fact]
    public void All_invalid_fields_are_reported_at_once()
    {
        var record = TestSchemas.Good.Replace("1325376108", "{\"a\":[1]}").Replace("6565356119945483", "2.29E+15").Replace("115.32", "\"\"");

        _reader.Read(record.Utf8(), _rows).ShouldBe(new RejectReason(
            RejectCodes.NestedValue,
            "at: is an object, not one value; card: is rounded to scientific notation, as spreadsheets do, and its digits are lost " +
            "(11 to 19 digits were expected); amount: is empty"));
        _rows.Count.ShouldBe(0);
    }

    [Fact]
    public void A_record_of_one_repeated_field_has_a_message_of_bounded_length()
    {
        var record = "{" + string.Join(",", Enumerable.Repeat("\"id\":1", 500)) + "}";

        _reader.Read(record.Utf8(), _rows)!.Message.Length.ShouldBeLessThan(700);
    }

    [Fact]
    public void A_schema_without_secrets_shows_values_in_messages()
    {
        var open = TestSchemas.Draft with { Fields = [.. TestSchemas.Draft.Fields.Select(f => f with { Secret = false })] };
        var withoutCard = open with { Roles = open.Roles with { Card = null } };

        Message(withoutCard, $"12\\n{new string('x', 100)}").ShouldBe($"amount: \"12·{new string('x', 37)}…\" is not a number");
        Message(withoutCard, "card 4111 1111 1111 1111").ShouldBe("amount: a value of the form aaaa 9999 9999 9999 9999 is not a number");
        Message(open, "Ann").ShouldBe("amount: a value of the form Aaa is not a number", "the card is secret whether it is marked or not");

        static string Message(SchemaDraft draft, string amount)
        {
            var schema = TransactionSchema.Create(draft);
            using var rows = new TransactionRows(schema);
            return new TransactionReader(schema).Read(TestSchemas.Good.Replace("115.32", $"\"{amount}\"").Utf8(), rows)!.Message;
        }
    }

    [Theory]
    [InlineData("", RejectCodes.NotJson)]
    [InlineData("  \n", RejectCodes.NotJson)]
    [InlineData("hello", RejectCodes.NotAnObject)]
    [InlineData("42", RejectCodes.NotAnObject)]
    [InlineData("[1,2,3]", RejectCodes.NotAnObject)]
    [InlineData("null", RejectCodes.NotAnObject)]
    [InlineData("{", RejectCodes.Truncated)]
    [InlineData("{}", RejectCodes.MissingField)]
    [InlineData("{]", RejectCodes.NotJson)]
    [InlineData("{'id':1}", RejectCodes.NotJson)]
    public void A_record_that_is_not_an_object_is_rejected(string record, string code) =>
        _reader.Read(record.Utf8(), _rows)!.Code.ShouldBe(code);

    [Fact]
    public void A_csv_line_is_rejected_with_its_column_count()
    {
        var reason = _reader.Read("8/3/2020 6:18,2.29E+15,\"fraud_Jones, Sawayn\",entertainment,44.73"u8, _rows);

        reason.ShouldBe(new RejectReason(
            RejectCodes.ColumnCount,
            "the record is a line of 5 comma-separated columns, not a JSON object; schema small has 13 fields"));
    }

    [Fact]
    public void A_record_beyond_the_size_limit_is_not_parsed()
    {
        var record = TestSchemas.Good.Replace("Murray", new string('x', 5000));

        _reader.Read(record.Utf8(), _rows)!.Code.ShouldBe(RejectCodes.TooLong);
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_rejected()
    {
        var record = TestSchemas.Good.Utf8();
        record[TestSchemas.Good.IndexOf("Murray", StringComparison.Ordinal)] = 0xFF;

        _reader.Read(record, _rows)!.Code.ShouldBe(RejectCodes.NotUtf8);
    }

    [Theory]
    [InlineData(1000, '[')]
    [InlineData(36, '[')]
    [InlineData(500, '{')]
    public void A_deeply_nested_record_is_rejected(int depth, char kind)
    {
        var nested = string.Concat(Enumerable.Repeat(kind == '[' ? "[" : "{\"a\":", depth));
        var record = $$"""{"extra":{{nested}}""";

        _reader.Read(record.Utf8(), _rows)!.Code.ShouldBe(RejectCodes.TooDeep);
    }
}
