using System.Buffers;
using System.Text;
using System.Text.Json;
using FraudStreams.Model.Avro;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Model.Tests.Schemas;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Avro;

/// <summary>Bytes written here by hand, as the specification's examples have them; against Apache's own writer the program's tests decode.</summary>
public sealed class AvroDecoderTests
{
    static readonly TransactionSchema s_schema = TransactionSchema.Create(TestSchemas.Draft with
    {
        Fields = [.. TestSchemas.Draft.Fields.Select(field => field.Name switch
        {
            "amount" => field with { From = "payment.amount" },
            "at" => field with { From = "payment.at", TimeFormats = [TimeFormat.UnixMilliseconds] },
            _ => field,
        })],
    });

    [Fact]
    public void Fields_are_found_by_name_and_path_and_all_else_is_skipped()
    {
        const string writer =
            """
            {"type":"record","name":"Envelope","namespace":"shop","fields":[
              {"name":"id","type":"string"},
              {"name":"tags","type":{"type":"array","items":"string"}},
              {"name":"payment","type":{"type":"record","name":"Payment","fields":[
                {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
                {"name":"amount","type":["null",{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}]},
                {"name":"note","type":["null","string"]}]}},
              {"name":"extra","type":{"type":"map","values":"Payment"}},
              {"name":"card","type":"long"},
              {"name":"kind","type":{"type":"enum","name":"Kind","symbols":["food","fuel"]}},
              {"name":"people","type":"int"},
              {"name":"lat","type":"double"},
              {"name":"long","type":"float"},
              {"name":"blob","type":{"type":"fixed","name":"Blob","size":3}}]}
            """;
        var record = new List<byte>();
        Text(record, "t1");
        Long(record, 2);
        Text(record, "a");
        Text(record, "b");
        Long(record, 0);
        Long(record, 1325376108250);
        Long(record, 1);
        Bytes(record, [0xD2, 0xF4]); // −11532
        Long(record, 0);
        Long(record, -1);
        Long(record, 7);
        record.AddRange(new byte[7]);
        Long(record, 0);
        Long(record, 6565356119945483);
        Long(record, 1);
        Long(record, 907);
        record.AddRange(BitConverter.GetBytes(40.3011));
        record.AddRange(BitConverter.GetBytes(-89.5f));
        record.AddRange(new byte[3]);

        Decode(writer, record, out var json).ShouldBeNull();

        json.ShouldBe("""{"id":"t1","at":1325376108250,"amount":-115.32,"card":6565356119945483,"kind":"fuel","people":907,"lat":40.3011,"long":-89.5}""");
    }

    [Fact]
    public void A_record_of_an_older_schema_lacks_what_that_did_not_have()
    {
        var record = new List<byte>();
        Text(record, "t1");

        Decode("""{"type":"record","name":"P","fields":[{"name":"id","type":"string"}]}""", record, out var json).ShouldBeNull();

        json.ShouldBe("""{"id":"t1"}""");
    }

    [Theory]
    [InlineData("iso-8601", "\"2012-01-01T00:01:48.250Z\"")]
    [InlineData("yyyy-MM-dd HH:mm:ss", "\"2012-01-01 00:01:48\"")]
    [InlineData("unix-seconds", "1325376108.25")]
    [InlineData("unix-milliseconds", "1325376108250")]
    public void A_timestamp_is_written_as_its_field_is_read(string format, string expected)
    {
        TimeFormat.TryParse(format, out var parsed).ShouldBeTrue();
        var schema = TransactionSchema.Create(TestSchemas.Draft with
        {
            Fields = [.. TestSchemas.Draft.Fields.Select(field => field.Name == "at" ? field with { TimeFormats = [parsed] } : field)],
        });
        var record = new List<byte>();
        Long(record, 1325376108250000);

        Decode("""{"type":"record","name":"P","fields":[{"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}}]}""", record, out var json, schema).ShouldBeNull();

        json.ShouldBe($$"""{"at":{{expected}}}""");
    }

    [Fact]
    public void A_date_is_a_day()
    {
        var record = new List<byte>();
        Long(record, -298);

        Decode("""{"type":"record","name":"P","fields":[{"name":"born","type":["null",{"type":"int","logicalType":"date"}]}]}""", [2, .. record], out var json).ShouldBeNull();

        json.ShouldBe("""{"born":"1969-03-09"}""");
    }

    [Fact]
    public void Any_damage_is_a_refusal_and_never_an_exception()
    {
        const string writer = """{"type":"record","name":"P","fields":[{"name":"id","type":"string"},{"name":"next","type":["null","P"]},{"name":"list","type":{"type":"array","items":"null"}}]}""";
        var random = new Random(3);
        var bytes = new byte[40];
        for (var attempt = 0; attempt < 5_000; attempt++)
        {
            random.NextBytes(bytes);
            if (Decode(writer, bytes[..random.Next(bytes.Length)], out _) is { } reason)
                reason.Code.ShouldBe(RejectCodes.NotAvro);
        }

        // A list of 2^61 nothings, without its end and with it, and a chain of a thousand records.
        Decode(writer, [0, 0, .. Number(1L << 61)], out _)!.Code.ShouldBe(RejectCodes.NotAvro);
        Decode(writer, [0, 0, .. Number(1L << 61), 0], out _).ShouldBeNull();
        Decode(writer, [.. Enumerable.Repeat(new byte[] { 0, 2 }, 1000).SelectMany(pair => pair)], out _)!.Code.ShouldBe(RejectCodes.NotAvro);
    }

    [Fact]
    public void Values_without_bytes_are_read_only_so_far()
    {
        var doubled = Enumerable.Range(0, 50).Select(level => (level == 0 ? "null" : $"R{level - 1}") is var of
            ? $$"""{"type":"record","name":"R{{level}}","fields":[{"name":"a","type":"{{of}}"},{"name":"b","type":"{{of}}"}]}""" : "");
        var decoder = AvroDecoder.Create("""{"type":"record","name":"P","fields":[{"name":"x","type":"R49"}]}""", doubled, s_schema);

        Decode(decoder, [], out _)!.Code.ShouldBe(RejectCodes.NotAvro, "2^50 nulls");
    }

    [Fact]
    public void A_namespace_of_null_is_none()
    {
        Decode("""{"type":"record","name":"P","namespace":null,"fields":[{"name":"id","type":"string"}]}""", [2, (byte)'t'], out var json).ShouldBeNull();

        json.ShouldBe("""{"id":"t"}""");
    }

    [Theory]
    [InlineData("\"precision\":2,\"scale\":2000000000")]
    [InlineData("\"precision\":9,\"scale\":-1")]
    [InlineData("\"precision\":1001")]
    [InlineData("\"scale\":2")]
    public void A_decimal_that_cannot_be_is_bytes(string digits)
    {
        Decode($$$"""{"type":"record","name":"P","fields":[{"name":"people","type":{"type":"bytes","logicalType":"decimal",{{{digits}}}}}]}""", [2, 7], out var json).ShouldBeNull();

        json.ShouldBe("{}");
    }

    [Fact]
    public void A_decimal_of_more_bytes_than_any_has_is_refused()
    {
        var record = new List<byte>();
        Bytes(record, new byte[513]);

        Decode("""{"type":"record","name":"P","fields":[{"name":"people","type":{"type":"bytes","logicalType":"decimal","precision":9}}]}""", record, out _)!.Code.ShouldBe(RejectCodes.NotAvro);
    }

    [Theory]
    [InlineData("""{"type":"record","name":"P","fields":[{"name":"id","type":"Q"}]}""", "it uses type Q")]
    [InlineData("\"string\"", "it is that of a string")]
    [InlineData("{\"type\":", "it is no Avro schema")]
    [InlineData("{\"type\":\"record\",\"name\":null,\"fields\":[]}", "a name in it is null")]
    [InlineData("{\"type\":\"record\"}", "it is no Avro schema")]
    public void A_schema_that_is_none_is_refused(string writer, string why) =>
        Should.Throw<AvroSchemaException>(() => AvroDecoder.Create(writer, [], s_schema)).Message.ShouldContain(why);

    [Fact]
    public void A_schema_may_refer_to_others()
    {
        var decoder = AvroDecoder.Create(
            """{"type":"record","name":"E","namespace":"a","fields":[{"name":"payment","type":"b.P"}]}""",
            ["""{"type":"record","name":"P","namespace":"b","fields":[{"name":"amount","type":"double"}]}"""], s_schema);

        Decode(decoder, BitConverter.GetBytes(1.5), out var json).ShouldBeNull();

        json.ShouldBe("""{"amount":1.5}""");
    }

    static RejectReason? Decode(string writer, IEnumerable<byte> record, out string json, TransactionSchema? schema = null) =>
        Decode(AvroDecoder.Create(writer, [], schema ?? s_schema), record, out json);

    static RejectReason? Decode(AvroDecoder decoder, IEnumerable<byte> record, out string json)
    {
        var into = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(into, new JsonWriterOptions { SkipValidation = true });
        var reason = decoder.Decode([.. record], writer);
        writer.Flush();
        json = Encoding.UTF8.GetString(into.WrittenSpan);
        return reason;
    }

    static void Text(List<byte> record, string text) => Bytes(record, Encoding.UTF8.GetBytes(text));

    static void Bytes(List<byte> record, byte[] bytes)
    {
        Long(record, bytes.Length);
        record.AddRange(bytes);
    }

    static void Long(List<byte> record, long value) => record.AddRange(Number(value));

    /// <summary>A zigzag number of variable length.</summary>
    static IEnumerable<byte> Number(long value)
    {
        var zigzag = (ulong)(value << 1) ^ (ulong)(value >> 63);
        for (; zigzag >= 0x80; zigzag >>= 7)
            yield return (byte)(zigzag | 0x80);
        yield return (byte)zigzag;
    }
}
