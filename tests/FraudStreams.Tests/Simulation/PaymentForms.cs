using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using FraudStreams.Labels;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Schemas;
using FraudStreams.Simulation;
using FraudStreams.Tests.WholeProgram;
using Parquet;
using Parquet.Schema;
using ZstdSharp;

namespace FraudStreams.Tests.Simulation;

/// <summary>A plain CSV file of `cards` in the other forms that files come in, with the schema that says how each is written.</summary>
static class PaymentForms
{
    public const string German = "german.csv";

    public static readonly string[] All = [German, "german-utf16.csv", "utf16.csv", "payments.csv.gz", "payments.csv.zst", "german.csv.zst", "exported.parquet", "pandas.parquet"];

    /// <summary>The schema `cards` with what a German shop's files need.</summary>
    public static TransactionSchema SchemaOf(string form) => !form.StartsWith("german", StringComparison.Ordinal)
        ? TrainedModel.Schema
        : TrainedModel.Schema with
        {
            Csv = new CsvFormat
            {
                Encoding = form.Contains("utf16", StringComparison.Ordinal) ? null : "latin-1",
                Decimal = ',',
                Thousands = '.',
                Times = [CsvTimeFormat.Parse("dd.MM.yyyy HH:mm:ss", out _), CsvTimeFormat.Parse("dd.MM.yyyy", out _)],
                Fraud = ["ja"],
                Legitimate = ["nein"],
            },
        };

    /// <summary>Writes the rows of a plain file in another form into the same folder.</summary>
    /// <returns>The new file's path.</returns>
    public static async Task<string> WriteAsync(string plain, string form)
    {
        var path = Path.Combine(Path.GetDirectoryName(plain)!, form);
        switch (form)
        {
            case German:
                await File.WriteAllTextAsync(path, InGerman(plain), Encoding.Latin1);
                break;
            case "german-utf16.csv":
                await File.WriteAllTextAsync(path, InGerman(plain), Encoding.Unicode);
                break;
            case "german.csv.zst":
                await ZstdAsync(Encoding.Latin1.GetBytes(InGerman(plain)), path);
                break;
            case "utf16.csv":
                await File.WriteAllTextAsync(path, await File.ReadAllTextAsync(plain), Encoding.BigEndianUnicode);
                break;
            case "payments.csv.gz":
                await using (var packed = new GZipStream(File.Create(path), CompressionLevel.Fastest))
                    await packed.WriteAsync(await File.ReadAllBytesAsync(plain));
                break;
            case "payments.csv.zst":
                await ZstdAsync(await File.ReadAllBytesAsync(plain), path);
                break;
            case "exported.parquet":
                await using (var file = File.Create(path))
                {
                    await using var parquet = await ConfirmedParquet.CreateAsync(TrainedModel.Schema, file, default);
                    using var csv = File.OpenRead(plain);
                    await parquet.AppendAsync(csv, default);
                }

                break;
            default:
                await AsPandasDoesAsync(plain, path);
                break;
        }

        return path;
    }

    public static CsvSample RowsOf(string plain)
    {
        using var file = File.OpenRead(plain);
        return CsvSample.Read(file, plain, CsvFormat.AsFound, int.MaxValue, int.MaxValue);
    }

    static async Task ZstdAsync(byte[] content, string path)
    {
        await using var packed = new CompressionStream(File.Create(path), leaveOpen: false);
        await packed.WriteAsync(content);
    }

    static string InGerman(string plain)
    {
        var rows = RowsOf(plain);
        var text = new StringBuilder(string.Join(';', rows.Header.Names) + "\r\n");
        for (var row = 0; row < rows.Rows; row++)
            text.Append(string.Join(';', rows.Header.Names.Select((name, column) => Cell(name, rows.Columns[column][row])))).Append("\r\n");
        return text.ToString();

        static string Cell(string name, string value) => name switch
        {
            "trans_date_trans_time" => DateTime.ParseExact(value, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture).ToString("dd.MM.yyyy HH:mm:ss", CultureInfo.InvariantCulture),
            "dob" => DateTime.ParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture).ToString("dd.MM.yyyy", CultureInfo.InvariantCulture),
            "amt" or "city_pop" => Grouped(value),
            "lat" or "long" or "merch_lat" or "merch_long" => value.Replace('.', ','),
            "is_fraud" => value == "1" ? "ja" : "nein",
            _ => value.Contains(';') || value.Contains('"') ? $"\"{value.Replace("\"", "\"\"")}\"" : value,
        };

        static string Grouped(string value)
        {
            var parts = value.Split('.');
            var whole = long.Parse(parts[0], CultureInfo.InvariantCulture).ToString("#,##0", CultureInfo.InvariantCulture).Replace(',', '.');
            return parts.Length == 1 ? whole : $"{whole},{parts[1]}";
        }
    }

    /// <summary>Cards and seconds as whole numbers, a birth date as text, columns in another order, several row groups.</summary>
    static async Task AsPandasDoesAsync(string plain, string path)
    {
        var rows = RowsOf(plain);
        var columns = rows.Header.Names.Select((name, at) => (Name: name, Values: rows.Columns[at])).Where(column => column.Name.Length > 0).Reverse()
            .Select(column => (column.Values, Field: column.Name switch
            {
                "cc_num" => new DataField<ulong>(column.Name),
                "unix_time" or "city_pop" or "is_fraud" => new DataField<long>(column.Name),
                "amt" or "lat" or "long" or "merch_lat" or "merch_long" => new DataField<double?>(column.Name),
                "trans_date_trans_time" => new DateTimeDataField(column.Name, DateTimeFormat.Timestamp, isAdjustedToUTC: false, unit: DateTimeTimeUnit.Micros),
                _ => new DataField(column.Name, typeof(string)),
            })).ToImmutableArray();
        await using var file = File.Create(path);
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(columns.Select(column => column.Field)), file);
        for (var start = 0; start < rows.Rows; start += 1000)
        {
            using var group = writer.CreateRowGroup();
            foreach (var (all, field) in columns)
            {
                var values = all[start..Math.Min(start + 1000, rows.Rows)];
                if (field.ClrType == typeof(ulong))
                    await group.WriteAsync<ulong>(field, values.Select(value => ulong.Parse(value, CultureInfo.InvariantCulture)).ToArray());
                else if (field.ClrType == typeof(long))
                    await group.WriteAsync<long>(field, values.Select(value => long.Parse(value, CultureInfo.InvariantCulture)).ToArray());
                else if (field.ClrType == typeof(double))
                    await group.WriteAsync<double>(field, values.Select(value => (double?)double.Parse(value, CultureInfo.InvariantCulture)).ToArray());
                else if (field.ClrType == typeof(DateTime))
                    await group.WriteAsync<DateTime>(field, values.Select(value => DateTime.ParseExact(value, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)).ToArray());
                else
                    await group.WriteAsync(field, values);
            }
        }
    }
}
