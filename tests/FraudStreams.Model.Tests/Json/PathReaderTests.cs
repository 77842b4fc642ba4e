using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Model.Tests.Schemas;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Json;

public sealed class PathReaderTests : IDisposable
{
    const string Nested =
        """
        {"meta":{"id":"of the message","trace":[1,{"transaction":2}]},"transaction":{"ref":"t1","amount":{"currency":"EUR","value":115.32},"at":1325376108,
         "shop":"Caf\u00e9 \"L\u00f6wen\""},"customer":{"account":{"pan":"6565356119945483"},"born":null},"score":0.5,"kind":"grocery_pos","people":9e2,"fraud":0}
        """;

    static readonly TransactionSchema s_schema = WithPaths(
        ("id", "transaction.ref"), ("at", "transaction.at"), ("amount", "transaction.amount.value"), ("shop", "transaction.shop"), ("card", "customer.account.pan"), ("born", "customer.born"));

    readonly TransactionReader _reader = new(s_schema, longestRecord: 4096, byPath: true);
    readonly TransactionRows _rows = new(s_schema, expectedRows: 1);

    public void Dispose() => _rows.Dispose();

    [Fact]
    public void Fields_are_found_where_their_paths_say_and_the_source_is_a_flat_record()
    {
        _reader.Read(Nested.Utf8(), _rows).ShouldBeNull();

        _rows.Id(0).Text().ShouldBe("t1");
        _rows.Key(0).Text().ShouldBe("6565356119945483");
        _rows.Amount(0).ShouldBe(115.32);
        _rows.EventTime(0).ShouldBe(1325376108000);
        _rows.Text(0, s_schema.MerchantField).Text().ShouldBe("Café \"Löwen\"");
        _rows.Source(0).Text().ShouldBe(
            """{"id":"t1","at":1325376108,"born":null,"card":"6565356119945483","shop":"Caf\u00e9 \"L\u00f6wen\"","kind":"grocery_pos","amount":115.32,"people":9e2,"fraud":0}""");
    }

    [Fact]
    public void The_flat_source_reads_as_the_nested_record_did()
    {
        _reader.Read(Nested.Utf8(), _rows).ShouldBeNull();

        new TransactionReader(TestSchemas.Small).Read(_rows.Source(0).ToArray(), _rows).ShouldBeNull();

        for (var field = 0; field < s_schema.Fields.Length; field++)
        {
            _rows.Number(1, field).ShouldBe(_rows.Number(0, field));
            _rows.Text(1, field).Text().ShouldBe(_rows.Text(0, field).Text());
            _rows.Written(1, field).Text().ShouldBe(_rows.Written(0, field).Text());
        }
    }

    [Fact]
    public void Several_records_keep_their_own_bytes()
    {
        _reader.Read(Nested.Utf8(), _rows).ShouldBeNull();
        _reader.Read(Nested.Replace("t1", "t2").Utf8(), _rows).ShouldBeNull();
        _reader.Read("""{"transaction":{}}""".Utf8(), _rows).ShouldNotBeNull();
        _reader.Read(Nested.Replace("t1", "t3").Utf8(), _rows).ShouldBeNull();

        _rows.Count.ShouldBe(3);
        for (var row = 0; row < 3; row++)
        {
            _rows.Id(row).Text().ShouldBe($"t{row + 1}");
            _rows.Source(row).Text().ShouldStartWith($$"""{"id":"t{{row + 1}}","at":1325376108,""");
            _rows.Source(row).Text().ShouldEndWith("\"fraud\":0}");
        }
    }

    [Theory]
    [InlineData("\"value\":115.32", "\"value\":[1]", RejectCodes.NestedValue, "amount: is a list, not one value")]
    [InlineData("\"value\":115.32", "\"value\":1,\"value\":2", RejectCodes.DuplicateField, "amount: appears twice")]
    [InlineData("{\"currency\":\"EUR\",\"value\":115.32}", "115.32", RejectCodes.MissingField, "amount: is missing")]
    [InlineData("\"ref\":\"t1\",", "", RejectCodes.MissingField, "id: is missing")]
    [InlineData("\"kind\":\"grocery_pos\",", "\"kind\":true,", RejectCodes.WrongType, "kind: is true or false, not text")]
    [InlineData(",\"fraud\":0}", "", RejectCodes.Truncated, "")]
    [InlineData("\"fraud\":0}", "\"fraud\":0}}", RejectCodes.NotJson, "")]
    public void What_does_not_fit_is_rejected_by_the_schemas_names(string good, string bad, string code, string message)
    {
        var reason = _reader.Read(Nested.Replace(good, bad).Utf8(), _rows).ShouldNotBeNull();

        reason.Code.ShouldBe(code);
        reason.Message.ShouldContain(message);
        _rows.Count.ShouldBe(0);
    }

    [Fact]
    public void Escaped_names_are_names()
    {
        _reader.Read(Nested.Replace("\"transaction\":{", "\"tran\\u0073action\":{").Utf8(), _rows).ShouldBeNull();

        _rows.Id(0).Text().ShouldBe("t1");
    }

    [Fact]
    public void A_cut_record_is_rejected_wherever_it_is_cut()
    {
        var bytes = Nested.Trim().Utf8();
        for (var length = 0; length < bytes.Length; length++)
            _reader.Read(bytes.AsSpan(0, length), _rows).ShouldNotBeNull($"{length} bytes");
        _rows.Count.ShouldBe(0);
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        var bytes = Nested.Utf8();

        Allocations.Of(() =>
        {
            for (var record = 0; record < 1000; record++)
            {
                _rows.Clear();
                _reader.Read(bytes, _rows);
            }
        }).ShouldBe(0);
    }

    [Fact]
    public void Paths_are_no_part_of_what_a_schema_is()
    {
        s_schema.ShouldBe(TestSchemas.Small);
        s_schema.Id.ShouldBe(TestSchemas.Small.Id);
        s_schema.HasPaths.ShouldBeTrue();
        TestSchemas.Small.HasPaths.ShouldBeFalse();
    }

    [Theory]
    [InlineData("a..b", "is no path")]
    [InlineData("", "is no path")]
    [InlineData("kind", "kind is read from kind too")]
    [InlineData("kind.inner", "lies in kind, which is the value of kind")]
    public void Paths_that_contradict_each_other_are_refused(string path, string problem) =>
        Should.Throw<SchemaException>(() => WithPaths(("amount", path))).Message.ShouldContain(problem);

    static TransactionSchema WithPaths(params (string Field, string Path)[] paths) => TransactionSchema.Create(TestSchemas.Draft with
    {
        Fields = [.. TestSchemas.Draft.Fields.Select(field => paths.FirstOrDefault(path => path.Field == field.Name) is { Path: { } from } ? field with { From = from } : field)],
    });
}
