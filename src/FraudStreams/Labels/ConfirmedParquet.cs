using System.Text;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Schemas;
using Parquet;
using Parquet.Schema;

namespace FraudStreams.Labels;

/// <summary>
/// Writes confirmed payments as a Parquet file: a column for each field of the schema that a training file has, in schema order. Texts are strings, numbers
/// doubles, whole numbers 64 bits, times milliseconds in UTC; a missing value is null. The rows of one call are a row group, which has each text once.
/// </summary>
sealed class ConfirmedParquet : IAsyncDisposable
{
    readonly TransactionSchema _schema;
    readonly (int Field, DataField Column)[] _columns;
    readonly ParquetWriter _writer;

    ConfirmedParquet(TransactionSchema schema, (int Field, DataField Column)[] columns, ParquetWriter writer) => (_schema, _columns, _writer) = (schema, columns, writer);

    /// <param name="file">Receives the file; owned by the caller.</param>
    public static async Task<ConfirmedParquet> CreateAsync(TransactionSchema schema, Stream file, CancellationToken cancellationToken)
    {
        (int Field, DataField Column)[] columns =
        [
            .. Enumerable.Range(0, schema.Fields.Length).Where(field => field != schema.IdField || !schema.Roles.IdFromRow).Select(field => (field, ColumnOf(schema.Fields[field]))),
        ];
        var options = new ParquetOptions { CompressionMethod = CompressionMethod.Zstd, CompressionLevel = System.IO.Compression.CompressionLevel.Fastest };
        foreach (var (field, column) in columns)
        {
            if (schema.Fields[field].Type == FieldType.Text)
                options.ColumnEncodingHints[column.Path.ToString()] = EncodingHint.Dictionary;
        }

        return new ConfirmedParquet(schema, columns, await ParquetWriter.CreateAsync(new ParquetSchema(columns.Select(column => column.Column)), file, options, cancellationToken: cancellationToken));
    }

    /// <param name="csv">Rows with a header, as <see cref="ConfirmedCsvWriter"/> writes them in the plain way.</param>
    /// <exception cref="InvalidDataException">A row does not fit the schema.</exception>
    public async Task AppendAsync(Stream csv, CancellationToken cancellationToken)
    {
        using var rows = new TransactionRows(_schema);
        using (var reader = new CsvReader(csv, _schema, "confirmed", format: CsvFormat.AsFound))
        {
            while (reader.TryRead(rows, out var reason))
            {
                if (reason is not null)
                    throw new InvalidDataException($"a stored payment cannot be written as a row: {reason.Message}");
            }
        }

        if (rows.Count == 0)
            return;
        using var group = _writer.CreateRowGroup();
        foreach (var (field, column) in _columns)
            await WriteAsync(group, column, rows, field, cancellationToken);
    }

    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    static DataField ColumnOf(SchemaField field) => field.Type switch
    {
        FieldType.Text => new DataField(field.Name, typeof(string), isNullable: true),
        FieldType.Number => new DataField(field.Name, typeof(double), isNullable: true),
        FieldType.Integer => new DataField(field.Name, typeof(long), isNullable: true),
        _ => new DateTimeDataField(field.Name, DateTimeFormat.Timestamp, isAdjustedToUTC: true, unit: DateTimeTimeUnit.Millis, isNullable: true),
    };

    Task WriteAsync(ParquetRowGroupWriter group, DataField column, TransactionRows rows, int field, CancellationToken cancellationToken)
    {
        switch (_schema.Fields[field].Type)
        {
            case FieldType.Text:
                return group.WriteAsync(column, Of(row => rows.Text(row, field) is { IsEmpty: false } text ? Encoding.UTF8.GetString(text) : null));
            case FieldType.Number:
                return group.WriteAsync<double>(column, Of(row => rows.Number(row, field) is var number && double.IsNaN(number) ? (double?)null : number), cancellationToken: cancellationToken);
            case FieldType.Integer:
                return group.WriteAsync<long>(column, Of(row => rows.Integer(row, field)), cancellationToken: cancellationToken);
            default:
                return group.WriteAsync<DateTime>(
                    column, Of(row => rows.Integer(row, field) is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time).UtcDateTime : (DateTime?)null), cancellationToken: cancellationToken);
        }

        T[] Of<T>(Func<int, T> value) => [.. Enumerable.Range(0, rows.Count).Select(value)];
    }
}
