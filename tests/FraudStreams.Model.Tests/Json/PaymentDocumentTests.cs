using System.Text;
using System.Text.Json;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Model.Tests.Schemas;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Json;

public sealed class PaymentDocumentTests
{
    const string Other = """{"id":"t2","at":1325376109,"born":"1970-03-10","card":"4000000000000002","shop":"Kräm \"& Co\"","kind":"travel","amount":3.50,"lat":null,"long":1e2,"shop_lat":-0.0,"shop_long":7,"people":1,"fraud":1}""";

    public static TheoryData<string> Forms
    {
        get
        {
            const string good = TestSchemas.Good;
            var table = Table(good, Other);
            return
            [
                $"[{good},{Other}]", $"\n [ {good} ,\n\t{Other} ]", table, JsonSerializer.Serialize(table), JsonSerializer.Serialize(JsonSerializer.Serialize(table)), JsonSerializer.Serialize($"[{good},{Other}]"),
                $$$"""{"data":[{{{good}}},{{{Other}}}],"pagination":{"has_more":false}}""", $"[{JsonSerializer.Serialize(good)},{Other}]",
            ];
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Each_form_gives_the_same_records(string document)
    {
        var payments = Read(document);

        payments.Select(Record).ShouldBe(Read($"[{TestSchemas.Good},{Other}]").Select(Record));
        payments.Select(payment => payment.Identity).ShouldBe(["t1", "t2"]);
        payments.Select(payment => Encoding.UTF8.GetString(payment.Key)).ShouldBe(["6565356119945483", "4000000000000002"]);
        payments.Select(payment => payment.EventTime).ShouldBe([1325376108000, 1325376109000]);
    }

    [Fact]
    public void A_record_has_the_schemas_order_and_the_numbers_text()
    {
        var payment = Read("""{"surplus":{"a": [1]},"amount":3.50,"card":4000000000000002,"kind":"x","id":17,"at":1325376109}""").ShouldHaveSingleItem();

        Record(payment).ShouldBe("""{"id":"17","at":1325376109,"card":"4000000000000002","kind":"x","amount":3.50,"surplus":{"a": [1]}}""");
        payment.Identity.ShouldBe("17");
    }

    [Fact]
    public void A_moment_stands_for_times_that_a_payment_lacks()
    {
        const string without = """{"id":"t1","card":"4000000000000002","kind":"x","amount":1,"now":1325376108000}""";

        Record(Read(without, "now").Single()).ShouldBe("""{"id":"t1","at":1325376108,"card":"4000000000000002","kind":"x","amount":1}""");
        Record(Read(without.Replace("\"now\"", "\"at\":5,\"now\""), "now").Single()).ShouldContain("\"at\":5");
        Record(Read(without, null).Single()).ShouldContain("\"now\":1325376108000");
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"[]\"")]
    [InlineData("""{"columns":["id"],"index":[],"data":[]}""")]
    public void An_empty_document_has_no_payment(string document) => Read(document).ShouldBeEmpty();

    [Fact]
    public void What_is_no_payment_stays_what_it_is_to_be_rejected()
    {
        var payments = Read($$"""[7,"no object","{half",[1],{{TestSchemas.Good}}]""");

        payments.Select(Record).Take(4).ShouldBe(["7", "\"no object\"", "\"{half\"", "[1]"]);
        payments.Take(4).ShouldAllBe(payment => payment.Key.Length == 0 && payment.EventTime == null && payment.Identity.Length == 32);
        payments.Count.ShouldBe(5);
        Read("""{"columns":["id","at"],"data":[["t1",1,2]]}""").Select(Record).ShouldBe(["""["t1",1,2]"""]);
    }

    [Fact]
    public void A_payment_without_an_id_is_known_by_its_content()
    {
        var one = Read("""{"card":"4000000000000002","amount":1}""").Single();

        Read("""{ "amount":1, "card":"4000000000000002" }""").Single().Identity.ShouldBe(one.Identity);
        Read("""{"card":"4000000000000002","amount":2}""").Single().Identity.ShouldNotBe(one.Identity);
        Encoding.UTF8.GetString(one.Key).ShouldBe("4000000000000002");
    }

    [Fact]
    public void A_schema_without_ids_gets_them_from_the_content()
    {
        var schema = TransactionSchema.Create(TestSchemas.Draft with { Fields = [.. TestSchemas.Draft.Fields.Where(field => field.Name != "id")], Roles = TestSchemas.Draft.Roles with { IdFromRow = true } });
        using var document = new PaymentDocument(schema, null);
        var json = TestSchemas.Good.Replace("\"id\":\"t1\",", "").Utf8();

        var first = document.Read(json).Single();

        Record(first).ShouldStartWith($$"""{"id":"{{first.Identity}}","at":""");
        document.Read(json).Single().Identity.ShouldBe(first.Identity);
        document.IdentityOf(first.Record).ShouldBe(first.Identity);
    }

    /// <summary>A digest of the rest of a payment and its card tells the card to who tries all numbers: with tokens it is one of the token.</summary>
    [Fact]
    public void With_card_tokens_ids_and_identities_are_those_of_the_records_with_tokens()
    {
        var schema = TransactionSchema.Create(TestSchemas.Draft with { Fields = [.. TestSchemas.Draft.Fields.Where(field => field.Name != "id")], Roles = TestSchemas.Draft.Roles with { IdFromRow = true } });
        CardTokens tokens = new(schema, [new CardTokenKey("a1", [.. new byte[32]])]), others = new(schema, [new CardTokenKey("a1", [.. Enumerable.Repeat((byte)1, 32)])]);
        using PaymentDocument plain = new(schema, null), document = new(schema, null, tokens), again = new(schema, null, tokens), other = new(schema, null, others);
        var json = $$"""[{{TestSchemas.Good.Replace("\"id\":\"t1\",", "")}},{"card":"6565356119945483"}]""".Utf8();

        foreach (var (payment, number) in document.Read(json).Select((payment, number) => (payment, number)))
        {
            payment.Identity.ShouldNotBe(plain.Read(json)[number].Identity);
            payment.Identity.ShouldNotBe(other.Read(json)[number].Identity, "of another key");
            again.Read(json)[number].Identity.ShouldBe(payment.Identity, "at every start");
            document.IdentityOf(tokens.Replace(payment.Record, out _)).ShouldBe(payment.Identity, "as the topic has it");
        }
    }

    [Fact]
    public void A_records_identity_is_that_of_its_payment()
    {
        using var document = new PaymentDocument(TestSchemas.Small, null);
        foreach (var payment in document.Read($$"""[{{TestSchemas.Good}},{"card":"x"},7]""".Utf8()))
            document.IdentityOf(payment.Record).ShouldBe(payment.Identity);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[{\"id\":\"t1\"")]
    [InlineData("\"[{\"")]
    [InlineData("<html>")]
    public void What_is_not_json_is_refused_without_its_content(string document) =>
        Should.Throw<JsonException>(() => Read(document)).Message.ShouldMatch("^it is not JSON after its byte [0-9,]+ of line 1$");

    [Theory]
    [InlineData("17", "a number")]
    [InlineData("true", "true or false")]
    [InlineData("""{"columns":[1],"data":[]}""", "no list of names")]
    [InlineData("""{"columns":["id"],"data":{}}""", "no list of rows")]
    public void Json_of_another_form_is_refused_by_what_it_is(string document, string says) => Should.Throw<InvalidDataException>(() => Read(document)).Message.ShouldContain(says);

    [Fact]
    public void A_document_of_more_payments_than_memory_is_for_is_refused()
    {
        Read($"[{string.Join(',', Enumerable.Repeat("1", PaymentDocument.MostPayments))}]").Count.ShouldBe(PaymentDocument.MostPayments);
        Should.Throw<InvalidDataException>(() => Read($"[{string.Join(',', Enumerable.Repeat("1", PaymentDocument.MostPayments + 1))}]")).Message.ShouldContain("more than 100,000 payments");
    }

    [Fact]
    public void Any_cut_document_is_refused_or_whole()
    {
        var whole = $"[{TestSchemas.Good},{Other}]";
        for (var length = 0; length < whole.Length; length++)
            Should.Throw<JsonException>(() => Read(whole[..length]));
    }

    static IReadOnlyList<DocumentPayment> Read(string json, string? moment = null)
    {
        using var document = new PaymentDocument(TestSchemas.Small, moment);
        return document.Read(json.Utf8());
    }

    static string Record(DocumentPayment payment) => Encoding.UTF8.GetString(payment.Record);

    /// <summary>pandas' split form, with the columns of the first record.</summary>
    static string Table(params string[] records)
    {
        var parsed = records.Select(record => JsonDocument.Parse(record).RootElement).ToArray();
        var columns = parsed[0].EnumerateObject().Select(member => member.Name).ToArray();
        return JsonSerializer.Serialize(new { columns, index = Enumerable.Range(0, records.Length), data = parsed.Select(record => columns.Select(column => record.GetProperty(column))) });
    }
}
