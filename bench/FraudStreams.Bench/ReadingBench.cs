using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FraudStreams.Configuration;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Features;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Bench;

/// <summary>
/// Rows per second of CPU time, on one core, from bytes to features: CSV, JSON, features and predictions, against a plain implementation on the
/// same records (JsonDocument with a string or number a field and a dictionary a payment; Split for CSV).
/// </summary>
static class ReadingBench
{
    const int BatchRows = 500;

    public static void Run(string csvFile, string schemaName, int most)
    {
        var schema = SchemaFile.Read(schemaName);
        var csv = FirstLines(csvFile, most + 1);
        var records = Records(csv, schema);
        using var batch = new TransactionRows(schema, BatchRows);
        var plan = FeaturePlan.Fit(schema, Batches(csv, schema, batch));
        var matrix = new double[BatchRows * plan.Count];
        var jsonLength = records.Sum(r => (long)r.Length);
        Console.WriteLine(
            $"{records.Count:N0} rows of {schemaName}, {plan.Count} features; a row has {csv.Length / records.Count} bytes as CSV, " +
            $"{jsonLength / records.Count} as JSON");

        var plainCsv = Measure("CSV, plain: lines, Split, a string a field", records.Count, () => PlainCsv(csv));
        Measure("CSV to rows", records.Count, () => Batches(csv, schema, batch).Sum(b => b.Count), plainCsv);
        Measure("CSV to JSON", records.Count, () => ToJson(csv, schema), plainCsv);
        var plain = Measure("JSON, plain: JsonDocument, a dictionary a record", records.Count, () => PlainJson(records));
        var reader = new TransactionReader(schema);
        Measure("JSON to rows", records.Count, () => ReadAll(records, reader, batch, _ => { }), plain);
        void Compute(TransactionRows rows) => plan.Compute(rows, matrix.AsSpan(0, rows.Count * plan.Count));
        Measure("JSON to rows to features", records.Count, () => ReadAll(records, reader, batch, Compute), plain);
        var into = new ArrayBufferWriter<byte>(1 << 20);
        Measure("JSON to rows to predictions", records.Count, () => ReadAll(records, reader, batch, b => Predict(b, into)), plain);
    }

    static double Measure(string what, int rows, Func<int> work, double? plain = null)
    {
        var best = double.MaxValue;
        // The first runs warm up tiered compilation; the best run is the one least disturbed.
        for (var run = 0; run < 5; run++)
        {
            GC.Collect();
            var cpu = Process.GetCurrentProcess().TotalProcessorTime;
            if (work() != rows)
                throw new InvalidOperationException($"{what} did not read every row");
            best = Math.Min(best, (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds);
        }
        var rate = rows / best;
        Console.WriteLine($"{what,-52} {rate,12:N0} rows/s" + (plain is { } baseline ? $"   {rate / baseline:N1}x" : ""));
        return rate;
    }

    static byte[] FirstLines(string file, int lines)
    {
        using var stream = File.OpenRead(file);
        var bytes = new byte[Math.Min(stream.Length, lines * 400L)];
        stream.ReadExactly(bytes);
        var end = 0;
        for (var line = 0; line < lines && bytes.AsSpan(end).IndexOf((byte)'\n') is >= 0 and var length; line++)
            end += length + 1;
        return bytes[..end];
    }

    static List<byte[]> Records(byte[] csv, TransactionSchema schema)
    {
        var records = new List<byte[]>();
        var into = new ArrayBufferWriter<byte>();
        using var toJson = new CsvToJson(new MemoryStream(csv), schema, "bench.csv");
        while (toJson.TryRead(into))
        {
            records.Add(into.WrittenSpan.ToArray());
            into.ResetWrittenCount();
        }
        return records;
    }

    static int ToJson(byte[] csv, TransactionSchema schema)
    {
        var into = new ArrayBufferWriter<byte>(1 << 20);
        using var toJson = new CsvToJson(new MemoryStream(csv), schema, "bench.csv");
        var rows = 0;
        for (; toJson.TryRead(into); rows++)
        {
            if (rows % BatchRows == 0)
                into.ResetWrittenCount();
        }
        return rows;
    }

    static IEnumerable<TransactionRows> Batches(byte[] csv, TransactionSchema schema, TransactionRows batch)
    {
        using var reader = new CsvReader(new MemoryStream(csv), schema, "bench.csv");
        batch.Clear();
        while (reader.TryRead(batch, out var reason))
        {
            if (reason is not null)
                throw new InvalidOperationException(reason.Message);
            if (batch.Count < BatchRows)
                continue;
            yield return batch;
            batch.Clear();
        }
        yield return batch;
    }

    static int ReadAll(List<byte[]> records, TransactionReader reader, TransactionRows batch, Action<TransactionRows> use)
    {
        var rows = 0;
        batch.Clear();
        foreach (var record in records)
        {
            rows += reader.Read(record, batch) is null ? 1 : 0;
            if (batch.Count < BatchRows)
                continue;
            use(batch);
            batch.Clear();
        }
        use(batch);
        return rows;
    }

    static void Predict(TransactionRows batch, ArrayBufferWriter<byte> into)
    {
        into.ResetWrittenCount();
        for (var row = 0; row < batch.Count; row++)
            PredictionWriter.Write(into, batch.Source(row), 0.123456789 / (row + 1), fraud: false, "v1", DateTimeOffset.UnixEpoch);
    }

    static int PlainCsv(byte[] csv)
    {
        using var lines = new StreamReader(new MemoryStream(csv));
        lines.ReadLine();
        var rows = 0;
        double sum = 0;
        for (; lines.ReadLine() is { } line; rows++)
        {
            foreach (var field in line.Split(','))
                sum += double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : field.Length;
        }
        return double.IsNaN(sum) ? 0 : rows;
    }

    static int PlainJson(List<byte[]> records)
    {
        var rows = 0;
        foreach (var record in records)
        {
            using var document = JsonDocument.Parse(Encoding.UTF8.GetString(record));
            var payment = new Dictionary<string, object?>();
            foreach (var property in document.RootElement.EnumerateObject())
            {
                var value = property.Value;
                payment[property.Name] = value.ValueKind == JsonValueKind.Number ? value.GetDouble() : value.GetString();
            }
            rows += payment.Count > 0 ? 1 : 0;
        }
        return rows;
    }
}
