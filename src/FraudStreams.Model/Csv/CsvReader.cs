using System.Text.Unicode;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Csv;

/// <summary>
/// Reads a CSV file straight into rows, for training. Every value is bit for bit what it is by way of <see cref="CsvToJson"/> and
/// <see cref="TransactionReader"/>, and so is every reason, but for lines that are no record at all, which name their line here.
/// Not thread-safe. The stream stays the caller's.
/// </summary>
public sealed class CsvReader : IDisposable
{
    readonly CsvScanner _scanner;
    readonly CsvColumns _columns;
    readonly SyntheticId? _madeId;

    /// <param name="csv">The file, from its first byte.</param>
    /// <param name="schema">Which columns there must be, and what they hold.</param>
    /// <param name="fileName">Named in messages and in ids made from rows; folders are left out of it.</param>
    /// <exception cref="SchemaException">The first line does not fit the schema.</exception>
    public CsvReader(Stream csv, TransactionSchema schema, string fileName)
    {
        Schema = schema;
        _scanner = new CsvScanner(csv, fileName);
        _columns = CsvColumns.Read(_scanner, schema, fileName);
        _madeId = schema.Roles.IdFromRow ? new SyntheticId(fileName) : null;
    }

    public TransactionSchema Schema { get; }

    /// <summary>Rows read so far, the rejected ones included.</summary>
    public long Row { get; private set; }

    /// <summary>The line that the last row began on; the file's first line is 1.</summary>
    public long Line => _scanner.LineNumber;

    /// <summary>Goes on with the rows of a stretch, after which <see cref="TryRead"/> is at an end. The stream must be seekable.</summary>
    public void MoveTo(CsvStretch stretch)
    {
        _scanner.MoveTo(stretch.From.Offset, stretch.From.Line, stretch.EndOffset);
        Row = stretch.From.Row;
    }

    /// <summary>
    /// Reads the next row: false at the end of the file; else true, and either the row was added to <paramref name="into"/> or
    /// <paramref name="reason"/> says why not.
    /// </summary>
    public bool TryRead(TransactionRows into, out RejectReason? reason)
    {
        reason = null;
        if (!_scanner.Read())
            return false;
        Row++;
        reason = _columns.Check(_scanner) ?? ReadRow(into);
        return true;
    }

    public void Dispose() => _scanner.Dispose();

    RejectReason? ReadRow(TransactionRows into)
    {
        var line = _scanner.Line;
        if (line.Length > JsonRecord.DefaultLongestRecord)
            return JsonRecord.TooLong(line.Length, JsonRecord.DefaultLongestRecord);
        if (!Utf8.IsValid(line))
            return new(RejectCodes.NotUtf8, "the record is not UTF-8 text");
        var cells = into.Begin(line, out var start);
        if (_madeId is not null)
        {
            var id = _madeId.Of(Row);
            FieldText.SetText(into.Append(id), id.Length, ref cells[Schema.IdField]);
        }
        RejectReason? problems = null;
        var fields = _scanner.Fields;
        foreach (ref readonly var column in _columns.All.AsSpan())
        {
            if (column.Field < 0)
                continue;
            ref readonly var field = ref fields[column.Position];
            var text = _scanner[field];
            var at = start + field.Start;
            if (field.HasDoubledQuotes)
            {
                var room = into.Reserve(text.Length);
                text = room[..CsvScanner.Undouble(text, room)];
                at = into.Keep(text.Length);
            }
            // An empty number is missing; an empty text is asked whether it may be.
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
