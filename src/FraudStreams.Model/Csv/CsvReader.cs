using System.Text;
using System.Text.Unicode;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Csv;

/// <summary>
/// Reads a CSV file (RFC 4180, UTF-8) straight into rows, for training. Values and reject reasons are the same, bit for bit, as through
/// <see cref="CsvToJson"/> and <see cref="TransactionReader"/>, except for lines that cannot be split into the header's columns: their
/// reason names the line here; and for text that is not UTF-8: the reason names the field here. Not thread-safe. Does not close the stream.
/// </summary>
public sealed class CsvReader : IDisposable
{
    readonly CsvScanner _scanner;
    readonly CsvColumns _columns;
    readonly SyntheticId? _syntheticId;
    readonly int _besides = -1;

    /// <summary>Reads the header line.</summary>
    /// <param name="csv">The file, from its first byte.</param>
    /// <param name="schema">The expected columns and their types.</param>
    /// <param name="fileName">Used in messages and in synthetic ids, which leave its folders out.</param>
    /// <param name="besides">A column that must stand beside the schema's, and that <see cref="Besides"/> gives.</param>
    /// <param name="format">How the file is written; null for what the schema says.</param>
    /// <exception cref="SchemaException">The header does not fit the schema; lists every problem.</exception>
    public CsvReader(Stream csv, TransactionSchema schema, string fileName, string? besides = null, CsvFormat? format = null)
    {
        Schema = schema;
        format ??= schema.Csv;
        _scanner = new CsvScanner(csv, fileName, format);
        _columns = CsvColumns.Read(_scanner, schema, format, fileName, besides);
        if (besides is not null && (_besides = CsvColumns.Names(_scanner).IndexOf(besides)) < 0)
            throw new SchemaException(fileName, [$"column {besides} is missing; it stands beside those of schema {schema.Name}"]);
        _syntheticId = schema.Roles.IdFromRow ? new SyntheticId(fileName) : null;
    }

    /// <summary>The schema of the rows.</summary>
    public TransactionSchema Schema { get; }

    /// <summary>Number of the last row read, from 1, rejected rows included; 0 before the first.</summary>
    public long Row { get; private set; }

    /// <summary>Number of the line on which the last row began; the header line is 1.</summary>
    public long Line => _scanner.LineNumber;

    /// <summary>The text of the column beside the schema's in the last row read, which was not rejected.</summary>
    public string Besides => Encoding.UTF8.GetString(_scanner[_scanner.Fields[_besides]]);

    /// <summary>Moves to a range of rows; <see cref="TryRead"/> returns false at its end. The stream must be seekable.</summary>
    /// <param name="stretch">A range of the same file, as <see cref="CsvTimeOrder"/> gives it.</param>
    public void MoveTo(CsvRange stretch)
    {
        _scanner.MoveTo(stretch.From.Offset, stretch.From.Line, stretch.EndOffset);
        Row = stretch.From.Row;
    }

    /// <summary>Reads the next row.</summary>
    /// <param name="into">The row is appended here if it is valid.</param>
    /// <param name="reason">Why the row was rejected; null if it was added.</param>
    /// <returns>False at the end of the file, true after a row, valid or rejected.</returns>
    /// <exception cref="InvalidDataException">A line is longer than 256 MiB.</exception>
    public bool TryRead(TransactionRows into, out RejectReason? reason)
    {
        reason = null;
        if (!_scanner.Read())
            return false;
        Row++;
        reason = _columns.Check(_scanner) ?? ReadRow(into);
        return true;
    }

    /// <summary>Returns the read buffer to its pool.</summary>
    public void Dispose() => _scanner.Dispose();

    RejectReason? ReadRow(TransactionRows into)
    {
        var line = _scanner.Line;
        if (line.Length > JsonRecord.DefaultLongestRecord)
            return JsonRecord.TooLong(line.Length, JsonRecord.DefaultLongestRecord);
        if (!Utf8.IsValid(line))
            return JsonRecord.NotUtf8(_columns.FirstNotUtf8(_scanner, Schema));
        var cells = into.Begin(line, out var start);
        if (_syntheticId is not null)
        {
            var id = _syntheticId.Of(Row);
            FieldText.SetText(into.Append(id), id.Length, ref cells[Schema.IdField]);
        }
        RejectReason? problems = null;
        var fields = _scanner.Fields;
        Span<byte> changed = stackalloc byte[CsvValue.Longest];
        foreach (ref readonly var column in _columns.All.AsSpan())
        {
            if (column.Field < 0)
                continue;
            ref readonly var field = ref fields[column.Position];
            scoped var text = _scanner[field];
            var at = start + field.Start;
            if (field.HasDoubledQuotes)
            {
                var room = into.Reserve(text.Length);
                text = room[.._scanner.Undouble(text, room)];
                at = into.Keep(text.Length);
            }
            var read = _columns.Value(column, text, changed);
            if (read != text)
            {
                at = text.Overlaps(read, out var cut) ? at + cut : into.Append(read);
                text = read;
            }
            // An empty number or time is a missing value; FieldText decides whether a text may be empty.
            if (text.IsEmpty && Schema.Fields[column.Field].Type != FieldType.Text)
                continue;
            if (FieldText.Read(Schema, column.Field, Schema.Fields[column.Field], text, at, ref cells[column.Field]) is { } reason)
                problems = problems.And(reason);
        }
        problems ??= FieldText.FirstMissing(Schema.Fields, cells);
        if (problems is null)
            into.Commit();
        return problems;
    }
}
