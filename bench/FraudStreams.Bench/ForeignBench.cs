using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FraudStreams.Configuration;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Kafka;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Avro;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using Microsoft.Extensions.Logging.Abstractions;

namespace FraudStreams.Bench;

/// <summary>
/// Topics of others against one of ours, in turns: the same payments as flat JSON keyed by card and scored as they are; and keyed by id over four partitions, flat,
/// nested and in Avro, re-keyed and scored. First what reading a record costs alone. On embedded topics a rate is from the start of the process to its end, on Kafka
/// from the first to the last prediction's timestamp.
/// <c>… -- foreign payments.csv model-folder [rounds=3] [payments=200000] [kafka=broker:port]</c>
/// </summary>
static class ForeignBench
{
    const string Topic = "payments.v1";
    const int Partitions = 4;

    /// <summary>Every field lies in an object of its own kind.</summary>
    static readonly (string Field, string Path)[] s_paths =
    [
        ("trans_num", "transaction.reference"), ("unix_time", "transaction.time.unix"), ("trans_date_trans_time", "transaction.time.shown"), ("amt", "transaction.amount.value"),
        ("cc_num", "customer.account.pan"), ("first", "customer.name.given"), ("last", "customer.name.family"), ("dob", "customer.born"), ("merchant", "merchant.name"), ("category", "merchant.category"),
    ];

    public static async Task RunAsync(string csv, string model, string[] rest)
    {
        var options = rest.Select(option => option.Split('=', 2)).ToDictionary(option => option[0], option => option[1]);
        var (rounds, most) = (int.Parse(options.GetValueOrDefault("rounds", "3")), int.Parse(options.GetValueOrDefault("payments", "200000")));
        var servers = options.GetValueOrDefault("kafka");
        var schema = SchemaFile.Read("cards");
        var nestedSchema = TransactionSchema.Create(new SchemaDraft(schema.Name, [.. schema.Fields.Select(field => field with { From = PathOf(field.Name) })], schema.Roles) { Features = schema.Features });
        var flat = Flat(csv, schema, most);
        var writer = AvroRecord("Payment", [.. schema.Fields.Select(field => (PathOf(field.Name) ?? field.Name, field.Type))]);
        var nested = flat.ConvertAll(Nested);
        var avro = flat.ConvertAll(record => Avro(record, writer));
        Console.WriteLine($"{flat.Count:N0} payments; a record has {Mean(flat)} bytes flat, {Mean(nested)} nested, {Mean(avro)} in Avro");
        Read("flat JSON to rows", flat, schema, new TransactionReader(schema));
        Read("nested JSON to rows by paths, and the flat record", nested, schema, new TransactionReader(nestedSchema, byPath: true));
        ReadAvro("Avro to flat JSON to rows", avro, nestedSchema, writer.ToString());

        var root = Directory.CreateTempSubdirectory("fraudstreams-bench-").FullName;
        var conf = Path.Combine(root, "nested.conf");
        File.WriteAllText(conf, s_paths.Aggregate(File.ReadAllText(Path.Combine(SchemaFile.Folder, "cards.conf")), (text, of) => text.Replace($"{{ name = {of.Field}, type", $"{{ name = {of.Field}, from = \"{of.Path}\", type")));
        using var registry = Registry(writer.ToString(), out var address);
        string[] foreign = [$"topics.names.transactions={Topic}", "topics.rekey=on"];
        (string Name, string Topic, List<byte[]> Records, string[] More)[] forms =
        [
            ("plain", "transactions", flat, []), ("re-keyed", Topic, flat, Set(foreign)), ("nested", Topic, nested, [.. Set(foreign), "--schema", conf]),
            ("Avro", Topic, avro, [.. Set([.. foreign, $"topics.registry.url={address}"]), "--schema", conf]),
        ];
        var rates = forms.ToDictionary(form => form.Name, _ => new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var (name, topic, records, more) in forms)
            {
                var data = Path.Combine(root, $"{name}-{round}");
                SpineBench.InstallModel(model, data);
                string[] run = [typeof(StreamService).Assembly.Location, "run", "--roles", "rekey,score", "--until-drained", "--data", data, .. more];
                var prefix = $"bench-{Guid.NewGuid():N}.";
                if (servers is not null)
                    run = [.. run, "--config", KafkaBench.Config, .. Set($"topics.kafka.bootstrap-servers={servers}", $"topics.kafka.prefix={prefix}", $"topics.partitions={Partitions}")];
                var partitions = topic == Topic || servers is not null ? Partitions : 1;
                await using (var log = Open(data, servers, prefix, topic, partitions))
                    await FillAsync(log, topic, records, flat, schema, byCard: topic != Topic);
                var (seconds, cpu, peak, said) = SpineBench.Run(name, run);
                if (servers is not null)
                {
                    (var count, seconds) = KafkaBench.Predictions(servers, prefix);
                    if (count != records.Count)
                        throw new InvalidOperationException($"{name}: {records.Count:N0} payments gave {count:N0} predictions: {said}");
                    await KafkaBench.DeleteTopicsAsync(servers, prefix);
                }

                rates[name].Add(records.Count / seconds);
                Console.WriteLine($"{name,-9} {records.Count / seconds,8:N0}/s, {cpu.TotalMicroseconds / records.Count:0.0} us CPU each, peak {peak / 1e6:0} MB");
                Directory.Delete(data, recursive: true);
            }
        }

        foreach (var (name, of) in rates)
            Console.WriteLine($"{name,-9} / plain: median {Median(of.Zip(rates["plain"], (ours, plain) => ours / plain)):0.00}; / re-keyed: {Median(of.Zip(rates["re-keyed"], (ours, plain) => ours / plain)):0.00}");
        Directory.Delete(root, recursive: true);
    }

    static string[] Set(params string[] settings) => [.. settings.SelectMany(setting => (string[])["--set", setting])];

    static double Median(IEnumerable<double> ratios) => ratios.Order().ToArray() is var sorted ? sorted[sorted.Length / 2] : 0;

    static long Mean(List<byte[]> records) => records.Sum(record => (long)record.Length) / records.Count;

    static string? PathOf(string field) => s_paths.FirstOrDefault(of => of.Field == field).Path;

    static List<byte[]> Flat(string csv, TransactionSchema schema, int most)
    {
        using var file = File.OpenRead(csv);
        using var reader = new CsvToJson(file, schema, csv);
        var (records, json) = (new List<byte[]>(), new ArrayBufferWriter<byte>());
        while (records.Count < most && reader.TryRead(json))
        {
            records.Add(json.WrittenSpan.ToArray());
            json.ResetWrittenCount();
        }

        return records;
    }

    static byte[] Nested(byte[] flat)
    {
        var nested = new JsonObject();
        foreach (var (name, value) in JsonNode.Parse(flat)!.AsObject())
        {
            var path = (PathOf(name) ?? name).Split('.');
            var into = nested;
            foreach (var part in path[..^1])
                into = (JsonObject)(into[part] ??= new JsonObject());
            into[path[^1]] = value?.DeepClone();
        }

        return Encoding.UTF8.GetBytes(nested.ToJsonString());
    }

    static JsonObject AvroRecord(string name, ImmutableArray<(string Path, FieldType Type)> fields) => new()
    {
        ["type"] = "record",
        ["name"] = name,
        ["fields"] = new JsonArray([.. fields.GroupBy(field => field.Path.Split('.')[0]).Select(group => new JsonObject
        {
            ["name"] = group.Key,
            ["type"] = group.First() is var first && !first.Path.Contains('.') ? JsonValue.Create(TypeOf(first.Type))
                : AvroRecord($"{name}_{group.Key}", [.. group.Select(field => field with { Path = field.Path[(field.Path.IndexOf('.') + 1)..] })]),
        })]),
    };

    /// <summary>A time as its text.</summary>
    static string TypeOf(FieldType type) => type switch { FieldType.Number => "double", FieldType.Integer => "long", _ => "string" };

    static byte[] Avro(byte[] flat, JsonObject writer)
    {
        var into = new MemoryStream();
        into.Write([0, 0, 0, 0, 1]);
        Write(writer, "", JsonNode.Parse(flat)!.AsObject(), into);
        return into.ToArray();
    }

    static void Write(JsonObject record, string path, JsonObject flat, MemoryStream into)
    {
        foreach (var field in record["fields"]!.AsArray())
        {
            var at = path.Length == 0 ? field!["name"]!.GetValue<string>() : $"{path}.{field!["name"]}";
            if (field["type"] is JsonObject inner)
            {
                Write(inner, at, flat, into);
                continue;
            }

            var value = flat[s_paths.FirstOrDefault(of => of.Path == at).Field ?? at]!;
            switch (field["type"]!.GetValue<string>())
            {
                case "double":
                    into.Write(BitConverter.GetBytes(value.GetValue<double>()));
                    break;
                case "long":
                    Number(into, value.GetValue<long>());
                    break;
                default:
                    var text = Encoding.UTF8.GetBytes(value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString());
                    Number(into, text.Length);
                    into.Write(text);
                    break;
            }
        }
    }

    static void Number(MemoryStream into, long value)
    {
        var zigzag = (ulong)(value << 1) ^ (ulong)(value >> 63);
        for (; zigzag >= 0x80; zigzag >>= 7)
            into.WriteByte((byte)(zigzag | 0x80));
        into.WriteByte((byte)zigzag);
    }

    static IMessageLog Open(string data, string? servers, string prefix, string topic, int partitions)
    {
        var topics = ImmutableSortedDictionary<string, int>.Empty.Add(topic, partitions);
        return servers is null
            ? EmbeddedMessageLog.Open(new EmbeddedLogSettings(data, topics), TimeProvider.System, _ => { })
            : KafkaMessageLog.Open(KafkaBench.Settings(servers, prefix), new LogLayout(topics, [], []), NullLogger.Instance);
    }

    static async Task FillAsync(IMessageLog log, string topic, List<byte[]> records, List<byte[]> flat, TransactionSchema schema, bool byCard)
    {
        using var row = new TransactionRows(schema, 1);
        var reader = new TransactionReader(schema);
        foreach (var chunk in records.Zip(flat).Chunk(10_000))
        {
            var batch = new RecordBatch(chunk.Length);
            foreach (var (value, payment) in chunk)
            {
                row.Clear();
                reader.Read(payment, row);
                batch.Add(topic, byCard ? row.Key(0) : row.Id(0), value);
            }

            await log.PublishAsync(batch, CancellationToken.None);
        }
    }

    static void Read(string what, List<byte[]> records, TransactionSchema schema, TransactionReader reader)
    {
        using var rows = new TransactionRows(schema);
        Measure(what, records.Count, () =>
        {
            foreach (var record in records)
            {
                if (rows.Count == 500)
                    rows.Clear();
                if (reader.Read(record, rows) is { } reason)
                    throw new InvalidOperationException(reason.Message);
            }
        });
    }

    static void ReadAvro(string what, List<byte[]> records, TransactionSchema schema, string writer)
    {
        var (decoder, into) = (AvroDecoder.Create(writer, [], schema), new ArrayBufferWriter<byte>(4096));
        using var json = new Utf8JsonWriter(into, new JsonWriterOptions { SkipValidation = true });
        using var rows = new TransactionRows(schema);
        var reader = new TransactionReader(schema);
        Measure(what, records.Count, () =>
        {
            foreach (var record in records)
            {
                if (rows.Count == 500)
                    rows.Clear();
                into.ResetWrittenCount();
                json.Reset();
                var reason = decoder.Decode(record.AsSpan(5), json);
                json.Flush();
                if ((reason ?? reader.Read(into.WrittenSpan, rows)) is { } wrong)
                    throw new InvalidOperationException(wrong.Message);
            }
        });
    }

    static void Measure(string what, int rows, Action work)
    {
        var best = double.MaxValue;
        for (var run = 0; run < 5; run++)
        {
            GC.Collect();
            var cpu = Process.GetCurrentProcess().TotalProcessorTime;
            work();
            best = Math.Min(best, (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds);
        }

        Console.WriteLine($"{what,-52} {rows / best,12:N0} rows/s");
    }

    /// <summary>Answers every question with the one schema.</summary>
    static HttpListener Registry(string schema, out string address)
    {
        var listener = new HttpListener();
        address = $"http://127.0.0.1:{LatencyBench.FreePort()}";
        listener.Prefixes.Add($"{address}/");
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (listener.IsListening)
            {
                var context = await listener.GetContextAsync();
                await context.Response.OutputStream.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(new { schema }));
                context.Response.Close();
            }
        });
        return listener;
    }
}
