using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Avro;
using Avro.Generic;
using Avro.IO;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Schemas;
using FraudStreams.Simulation.Generation;

namespace FraudStreams.Tests.Rekeying;

/// <summary>
/// A topic as others have it: payments keyed by their ids over four partitions, as nested JSON with other names, or in Avro as Apache's own writer encodes it. And
/// the schema file that says where its fields are.
/// </summary>
static class ForeignTopic
{
    public const string Name = "payments.v1";
    public const int Partitions = 4;

    /// <summary>By field of schema cards, where the topic has it; the others are at the top under their own names.</summary>
    static readonly (string Field, string Path)[] s_paths =
    [
        ("trans_num", "transaction.reference"), ("unix_time", "transaction.time.unix"), ("trans_date_trans_time", "transaction.time.shown"), ("amt", "transaction.amount.value"),
        ("cc_num", "customer.account.pan"), ("first", "customer.name.given"), ("last", "customer.name.family"), ("dob", "customer.born"), ("merchant", "merchant.name"), ("category", "merchant.category"),
        ("is_fraud", "chargeback"),
    ];

    static readonly string[] s_numbers = ["amt", "lat", "long", "merch_lat", "merch_long"], s_wholes = ["city_pop", "unix_time", "is_fraud"];

    /// <summary>A file for --schema.</summary>
    public static string WriteSchema(string folder)
    {
        var text = File.ReadAllText(Path.Combine(SchemaFile.Folder, $"{PaymentGenerator.SchemaName}.conf"));
        foreach (var (field, path) in s_paths)
            text = text.Replace($"{{ name = {field}, type", $"{{ name = {field}, from = \"{path}\", type");
        var file = Path.Combine(folder, "nested.conf");
        File.WriteAllText(file, text);
        return file;
    }

    /// <summary>A record of `transactions` as nested JSON, with names and values beside it that no schema knows.</summary>
    public static byte[] Nested(byte[] flat)
    {
        var nested = new JsonObject { ["id"] = "of the message", ["score"] = 3, ["transaction"] = new JsonObject { ["items"] = new JsonArray(1, new JsonObject { ["value"] = 7 }) } };
        foreach (var (name, value) in JsonNode.Parse(flat)!.AsObject())
        {
            var path = (s_paths.FirstOrDefault(of => of.Field == name).Path ?? name).Split('.');
            var into = nested;
            foreach (var part in path[..^1])
                into = (JsonObject)(into[part] ??= new JsonObject());
            into[path[^1]] = value?.DeepClone();
        }

        return Encoding.UTF8.GetBytes(nested.ToJsonString());
    }

    /// <summary>The Avro schema of the same records.</summary>
    public static string AvroSchema { get; } = AvroRecord("Payment", [.. SchemaFile.Read(PaymentGenerator.SchemaName).Fields.Select(field =>
        (s_paths.FirstOrDefault(of => of.Field == field.Name).Path ?? field.Name, field.Name, field.Optional))]);

    /// <summary>A record of `transactions` in Avro, after a zero byte and the schema's id.</summary>
    public static byte[] InAvro(byte[] flat, int id, string? schema = null)
    {
        var parsed = (RecordSchema)Schema.Parse(schema ?? AvroSchema);
        var stream = new MemoryStream();
        stream.WriteByte(0);
        var number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, id);
        stream.Write(number);
        new GenericDatumWriter<GenericRecord>(parsed).Write(Record(parsed, "", JsonNode.Parse(flat)!.AsObject()), new BinaryEncoder(stream));
        return stream.ToArray();
    }

    /// <summary>A record of `transactions` as flat JSON, after a zero byte and the schema's id.</summary>
    public static byte[] Framed(byte[] json, int id)
    {
        var framed = new byte[5 + json.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), id);
        json.CopyTo(framed, 5);
        return framed;
    }

    public static string IdOf(byte[] flat) => JsonNode.Parse(flat)!["trans_num"]!.GetValue<string>();

    /// <summary>Writes the topic into a data folder, keyed by ids.</summary>
    public static async Task WriteAsync(string data, IEnumerable<(string Key, byte[] Value)> records)
    {
        Directory.CreateDirectory(data);
        await using var log = EmbeddedLog.Open(new EmbeddedLogSettings(data, ImmutableSortedDictionary<string, int>.Empty.Add(Name, Partitions)), TimeProvider.System);
        var batch = new RecordBatch();
        foreach (var (key, value) in records)
            batch.Add(Name, Encoding.UTF8.GetBytes(key), value);
        await log.PublishAsync(batch);
    }

    static string AvroRecord(string name, ImmutableArray<(string Path, string Field, bool Optional)> fields)
    {
        var parts = fields.GroupBy(field => field.Path.Split('.')[0]).Select(group => group.First() is var first && !first.Path.Contains('.')
            ? $$"""{"name":"{{group.Key}}","type":{{(first.Optional ? $"[\"null\",{AvroType(first.Field)}]" : AvroType(first.Field))}}}"""
            : $$"""{"name":"{{group.Key}}","type":{{AvroRecord($"{name}_{group.Key}", [.. group.Select(field => field with { Path = field.Path[(field.Path.IndexOf('.') + 1)..] })])}}}""");
        return $$"""{"type":"record","name":"{{name}}","fields":[{{string.Join(',', parts)}}]}""";
    }

    static string AvroType(string field) => s_numbers.Contains(field) ? "\"double\"" : s_wholes.Contains(field) ? "\"long\"" : "\"string\"";

    static GenericRecord Record(RecordSchema schema, string path, JsonObject flat)
    {
        var record = new GenericRecord(schema);
        foreach (var field in schema.Fields)
        {
            var at = path.Length == 0 ? field.Name : $"{path}.{field.Name}";
            var name = s_paths.FirstOrDefault(of => of.Path == at).Field ?? at;
            record.Add(field.Name, field.Schema is RecordSchema inner ? Record(inner, at, flat)
                : flat[name] is not { } value ? null
                : s_numbers.Contains(name) ? value.GetValue<double>()
                : s_wholes.Contains(name) ? value.GetValue<long>()
                : value.GetValue<string>());
        }

        return record;
    }
}
