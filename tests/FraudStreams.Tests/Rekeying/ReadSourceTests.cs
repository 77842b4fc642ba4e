using System.Text;
using Avro;
using Avro.Generic;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using Confluent.SchemaRegistry.Serdes;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Rekeying;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Scoring;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Rekeying;

[Trait("Category", "Unit")]
public sealed class ReadSourceTests : IDisposable
{
    readonly FakeRegistry _registry = new();
    readonly TemporaryFolder _folder = new();
    readonly ReadSource _reader;

    public ReadSourceTests() => _reader = Reader();

    public void Dispose()
    {
        _reader.Dispose();
        _registry.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_schema_is_asked_for_once_and_records_without_one_are_JSON()
    {
        var payments = Payments.Json(4);
        var (avro, json) = (_registry.Register(ForeignTopic.AvroSchema), _registry.Register("{}", "JSON"));
        byte[][] values = [ForeignTopic.InAvro(payments[0], avro), ForeignTopic.Framed(ForeignTopic.Nested(payments[1]), json), ForeignTopic.Nested(payments[2]), ForeignTopic.InAvro(payments[3], avro)];

        var first = await _reader.ReadAsync(Payments.Records(0, values));
        await _reader.ReadAsync(Payments.Records(4, values));

        first.Rows.Count.ShouldBe(4);
        for (var row = 0; row < 4; row++)
            Encoding.UTF8.GetString(first.Rows.Id(row)).ShouldBe(ForeignTopic.IdOf(payments[row]));
        _registry.Asked.ShouldBe(2);
    }

    [Fact]
    public async Task What_Confluents_serialiser_writes_is_read()
    {
        var schema = (RecordSchema)Avro.Schema.Parse("""{"type":"record","name":"Small","fields":[{"name":"transaction","type":{"type":"record","name":"T","fields":[{"name":"reference","type":"string"}]}}]}""");
        var inner = new GenericRecord((RecordSchema)schema["transaction"].Schema);
        inner.Add("reference", "t1");
        var record = new GenericRecord(schema);
        record.Add("transaction", inner);
        using var client = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = _registry.Url });
        var bytes = await new AvroSerializer<GenericRecord>(client).SerializeAsync(record, new SerializationContext(MessageComponentType.Value, "payments.v1"));

        var chunk = await _reader.ReadAsync(Payments.Records(0, bytes));

        chunk.Take().Reason.ShouldNotBeNull().Message.ShouldBe("trans_date_trans_time: is missing", "the id was read, and the first field that every payment has is not there");
    }

    [Fact]
    public async Task A_schema_named_in_a_header_is_read()
    {
        var payment = Payments.Json(1)[0];
        var schema = _registry.Register(ForeignTopic.AvroSchema);
        var bare = ForeignTopic.InAvro(payment, schema)[5..];
        using var client = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = _registry.Url });
        var headers = new Headers();
        var small = (RecordSchema)Avro.Schema.Parse("""{"type":"record","name":"Small","fields":[{"name":"a","type":"string"}]}""");
        var record = new GenericRecord(small);
        record.Add("a", "b");
        var written = await new AvroSerializer<GenericRecord>(client, new AvroSerializerConfig { SchemaIdStrategy = SchemaIdSerializerStrategy.Header })
            .SerializeAsync(record, new SerializationContext(MessageComponentType.Value, "payments.v1", headers));
        byte[] number = [0, 0, 0, 0, (byte)schema], guid = [1, .. new Guid(schema, 7, 7, new byte[8]).ToByteArray(bigEndian: true)], unknown = [1, .. new byte[16]];
        var records = Payments.Records(0, bare, bare, written, bare, ForeignTopic.Nested(payment));
        byte[]?[] named = [number, guid, headers.GetLastBytes("__value_schema_id"), unknown, null];

        var chunk = await _reader.ReadAsync([.. records.Zip(named, (of, id) => of with { SchemaId = id })]);

        var read = Enumerable.Range(0, chunk.Count).Select(_ => chunk.Take()).ToList();
        read.Select(of => of.Reason?.Message).ShouldBe([null, null, "trans_date_trans_time: is missing", $"{_registry.Url} has no schema {Guid.Empty}", null]);
    }

    [Fact]
    public async Task A_registry_that_knows_no_guids_has_such_records_rejected()
    {
        _registry.KnowsNoGuids = true;
        var guid = new Guid(1, 7, 7, new byte[8]);
        var payment = ForeignTopic.Nested(Payments.Json(1)[0]);

        var chunk = await _reader.ReadAsync([.. Payments.Records(0, payment, payment).Zip((byte[]?[])[[1, .. guid.ToByteArray(bigEndian: true)], null], (of, id) => of with { SchemaId = id })]);

        Enumerable.Range(0, chunk.Count).Select(_ => chunk.Take().Reason?.Message).ShouldBe([$"{_registry.Url} answers, and knows no schemas by GUID, as {guid} is one", null]);
    }

    [Fact]
    public async Task A_record_older_or_newer_than_its_schema_is_read_with_the_one_it_was_written_with()
    {
        var payment = Payments.Json(1)[0];
        string[] schemas =
        [
            ForeignTopic.AvroSchema.Replace(""",{"name":"chargeback","type":["null","long"]}""", ""),
            ForeignTopic.AvroSchema.Replace("\"fields\":[", "\"fields\":[{\"name\":\"channel\",\"type\":[\"null\",\"string\"],\"default\":null},"),
            ForeignTopic.AvroSchema.Replace("""{"name":"value","type":"double"}""", """{"name":"value","type":["null","double"]}"""),
            ForeignTopic.AvroSchema.Replace("""{"name":"value","type":"double"}""", """{"name":"cents","type":["null","long"]}"""),
        ];
        schemas.Append(ForeignTopic.AvroSchema).Distinct().Count().ShouldBe(5);

        var chunk = await _reader.ReadAsync(Payments.Records(0, schemas.Select(schema => ForeignTopic.InAvro(payment, _registry.Register(schema), schema))));

        var read = Enumerable.Range(0, chunk.Count).Select(_ => chunk.Take()).ToList();
        read.Select(of => of.Reason?.Message).ShouldBe([null, null, null, "amt: is missing"]);
        read[0].Rows.Integer(read[0].Row, TrainedModel.Schema.IndexOf("is_fraud")).ShouldBeNull();
        foreach (var of in read.Take(3))
            of.Rows.Number(of.Row, TrainedModel.Schema.IndexOf("amt")).ShouldBe(System.Text.Json.Nodes.JsonNode.Parse(payment)!["amt"]!.GetValue<double>());
    }

    [Fact]
    public async Task A_registry_that_is_away_loses_nothing()
    {
        var records = Payments.Records(0, ForeignTopic.InAvro(Payments.Json(1)[0], _registry.Register(ForeignTopic.AvroSchema)));
        _registry.IsAway = true;

        var failure = await Should.ThrowAsync<MessageLogException>(() => _reader.ReadAsync(records));
        _registry.IsAway = false;
        var chunk = await _reader.ReadAsync(records);

        failure.Message.ShouldStartWith($"The schema registry at {_registry.Url} gives no answer about schema 1 within 5 s: ");
        chunk.Rows.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_registry_may_want_a_password()
    {
        _registry.Credentials = "reader:secret";
        var records = Payments.Records(0, ForeignTopic.InAvro(Payments.Json(1)[0], _registry.Register(ForeignTopic.AvroSchema)));
        File.WriteAllText(Path.Combine(_folder, "password"), "secret\n");
        using var reader = Reader("topics.registry.user=reader", $"topics.registry.password-file={Path.Combine(_folder, "password")}");

        (await Should.ThrowAsync<MessageLogException>(() => _reader.ReadAsync(records))).Message.ShouldContain("nauthorized");
        (await reader.ReadAsync(records)).Rows.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Unknown_schemas_foreign_kinds_and_damage_are_reasons_and_tombstones_none()
    {
        var payment = Payments.Json(1)[0];
        var (avro, none) = (_registry.Register(ForeignTopic.AvroSchema), _registry.Register("""{"type":"record","name":"P","fields":[{"name":"a","type":"Unknown"}]}"""));

        var chunk = await _reader.ReadAsync(Payments.Records(0, ForeignTopic.Framed(payment, 99), ForeignTopic.Framed(payment, none), ForeignTopic.InAvro(payment, avro)[..20], [0, 1], []));

        chunk.Rows.Count.ShouldBe(0);
        var read = Enumerable.Range(0, chunk.Count).Select(_ => chunk.Take()).ToList();
        read.Select(record => record.Reason?.Code).ShouldBe([RejectCodes.UnknownSchema, RejectCodes.UnknownSchema, RejectCodes.NotAvro, RejectCodes.NotAnObject, null]);
        read[1].Reason!.Message.ShouldContain("it uses type Unknown and does not say what that is");
        read[^1].IsLast.ShouldBeTrue();
    }

    [Fact]
    public async Task An_answer_that_is_no_schema_is_a_reason_and_an_id_that_is_none_is_not_asked_for()
    {
        var payment = Payments.Json(1)[0];
        int[] ids = [_registry.Register(null!), _registry.Register("{}", "THRIFT"), -1];

        var chunk = await _reader.ReadAsync(Payments.Records(0, ids.Select(id => ForeignTopic.Framed(payment, id))));

        Enumerable.Range(0, chunk.Count).Select(_ => chunk.Take().Reason?.Code).ShouldAllBe(code => code == RejectCodes.UnknownSchema);
        _registry.Asked.ShouldBe(2);
    }

    [Fact]
    public async Task A_404_that_is_not_the_registrys_own_loses_nothing()
    {
        var records = Payments.Records(0, ForeignTopic.InAvro(Payments.Json(1)[0], _registry.Register(ForeignTopic.AvroSchema)));
        using var reader = Reader($"topics.registry.url={_registry.Url}/elsewhere");

        (await Should.ThrowAsync<MessageLogException>(() => reader.ReadAsync(records))).Message.ShouldContain("gives no answer about schema 1");
    }

    [Fact]
    public async Task A_card_too_long_for_a_key_is_a_reason()
    {
        var payment = System.Text.Json.Nodes.JsonNode.Parse(Payments.Json(1)[0])!;
        payment["cc_num"] = new string('4', 5000);
        var file = ForeignTopic.WriteSchema(_folder);
        File.WriteAllText(file, File.ReadAllText(file).Replace("digits = [11, 19], ", "", StringComparison.Ordinal));
        using var reader = new ReadSource(SchemaFile.Read(file), SettingsOf.Set().Topics, TimeProvider.System);

        var chunk = await reader.ReadAsync(Payments.Records(0, ForeignTopic.Nested(Payments.Utf8(payment.ToJsonString()))));

        var read = chunk.Take();
        read.Row.ShouldBe(-1);
        read.Reason.ShouldNotBeNull().Message.ShouldContain("has 5,000 bytes; at most 4,096 are taken");
    }

    ReadSource Reader(params string[] more) => new(
        SchemaFile.Read(ForeignTopic.WriteSchema(_folder)), SettingsOf.Set([$"topics.registry.url={_registry.Url}", .. more]).Topics, TimeProvider.System);
}
