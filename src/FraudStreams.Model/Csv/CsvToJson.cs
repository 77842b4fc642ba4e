using System.Buffers;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Csv;

/// <summary>
/// Converts the rows of a CSV file to records of topic `transactions`: one UTF-8 JSON object each, with the file's columns in file order
/// and their text unaltered, but for ways of writing a value that are not the field's own (<see cref="CsvValue"/>). Text fields become JSON strings; other fields become JSON numbers where their text is a valid one, null
/// where it is empty, and strings otherwise, for the reader to reject. A line that cannot be split into the header's columns is copied as
/// it is. Not thread-safe. Does not close the stream.
/// </summary>
public sealed class CsvToJson : IDisposable
{
    static readonly SearchValues<byte> Escaped =
        SearchValues.Create([.. Enumerable.Range(0, 32).Select(i => (byte)i), (byte)'"', (byte)'\\']);

    readonly CsvScanner _scanner;
    readonly CsvColumns _columns;
    readonly TransactionSchema _schema;
    readonly SyntheticId? _syntheticId;
    readonly byte[] _idName;
    readonly int _namesLength;
    readonly CsvColumns.Column? _keyColumn;
    readonly CsvColumns.Column? _timeColumn;
    byte[] _key = new byte[64];
    byte[] _undoubled = new byte[64];
    bool _isRow;

    /// <summary>Reads the header line, then moves to <paramref name="from"/>.</summary>
    /// <param name="csv">The file, from its first byte; seekable if <paramref name="from"/> is given.</param>
    /// <param name="schema">The expected columns.</param>
    /// <param name="fileName">Used in messages and in synthetic ids, which leave its folders out.</param>
    /// <param name="from">The <see cref="Position"/> of an earlier reader of the same file, to resume there; default starts at the first row.</param>
    /// <param name="format">How the file is written; null for what the schema says.</param>
    /// <exception cref="SchemaException">The header does not fit the schema; lists every problem.</exception>
    public CsvToJson(Stream csv, TransactionSchema schema, string fileName, CsvPosition from = default, CsvFormat? format = null)
    {
        _schema = schema;
        format ??= schema.Csv;
        _scanner = new CsvScanner(csv, fileName, format);
        _columns = CsvColumns.Read(_scanner, schema, format, fileName);
        _syntheticId = schema.Roles.IdFromRow ? new SyntheticId(fileName) : null;
        _idName = System.Text.Encoding.UTF8.GetBytes($"\"{System.Text.Json.JsonEncodedText.Encode(schema.Roles.Id)}\":");
        _namesLength = _columns.All.Sum(c => c.JsonName.Length) + _idName.Length;
        _keyColumn = ColumnOf(schema.KeyField);
        _timeColumn = ColumnOf(schema.TimeField);
        if (from.Offset > 0)
        {
            _scanner.MoveTo(from.Offset, from.Line);
            Row = from.Row;
        }
    }

    /// <summary>Number of the last row read, from 1, lines that cannot be split included; 0 before the first.</summary>
    public long Row { get; private set; }

    /// <summary>Position of the next row, for a checkpoint.</summary>
    public CsvPosition Position => new(_scanner.NextOffset, Row, _scanner.NextLine);

    /// <summary>
    /// Topic key of the last row read: its card, or its id where the data has no card. Empty for a line that was copied as it is. Valid
    /// until the next read.
    /// </summary>
    public ReadOnlySpan<byte> Key
    {
        get
        {
            if (!_isRow)
                return default;
            if (_keyColumn is not { } column)
                return _syntheticId is null ? default : _syntheticId.Of(Row);
            var quoted = _scanner.Fields[column.Position];
            var key = _scanner[quoted];
            if (quoted.HasDoubledQuotes)
            {
                if (_key.Length < key.Length)
                    _key = new byte[key.Length];
                key = _key.AsSpan(0, _scanner.Undouble(key, _key));
            }
            // A card or an id is never written anew, at most cut.
            return _columns.Value(column, key, default);
        }
    }

    /// <summary>Event time of the last row read, in Unix milliseconds; null if it has no valid one.</summary>
    public long? EventTime
    {
        get
        {
            if (!_isRow || _timeColumn is not { } column)
                return null;
            var cell = default(TransactionRows.Cell);
            var text = _columns.Value(column, _scanner[_scanner.Fields[column.Position]], stackalloc byte[CsvValue.Longest]);
            var unreadable = FieldText.ReadValue(_schema, column.Field, _schema.Fields[column.Field], text, ref cell);
            return unreadable is null ? cell.Bits : null;
        }
    }

    /// <summary>Appends the next record to <paramref name="into"/>, without a line end.</summary>
    /// <returns>False at the end of the file.</returns>
    /// <exception cref="InvalidDataException">A line is longer than 256 MiB.</exception>
    public bool TryRead(IBufferWriter<byte> into)
    {
        _isRow = false;
        if (!_scanner.Read())
            return false;
        Row++;
        if (_columns.Check(_scanner) is null)
        {
            _isRow = true;
            WriteObject(into);
        }
        else
        {
            into.Write(_scanner.Line);
        }
        return true;
    }

    /// <summary>Returns the read buffer to its pool.</summary>
    public void Dispose() => _scanner.Dispose();

    CsvColumns.Column? ColumnOf(int field) => _columns.All.Where(c => c.Field == field).Select(c => (CsvColumns.Column?)c).FirstOrDefault();

    void WriteObject(IBufferWriter<byte> into)
    {
        var fields = _scanner.Fields;
        var syntheticId = _syntheticId is null ? default : _syntheticId.Of(Row);
        // A control character takes six bytes; quotes, comma or null add at most four bytes a column.
        var room = into.GetSpan(_namesLength + (6 * (_scanner.Line.Length + syntheticId.Length)) + ((4 + CsvValue.Growth) * (fields.Length + 1)) + 2);
        Span<byte> changed = stackalloc byte[CsvValue.Longest];
        var at = 0;
        room[at++] = (byte)'{';
        if (_syntheticId is not null)
        {
            Put(_idName, room, ref at);
            PutText(syntheticId, false, room, ref at);
            room[at++] = (byte)',';
        }
        foreach (ref readonly var column in _columns.All.AsSpan())
        {
            ref readonly var field = ref fields[column.Position];
            scoped var text = _scanner[field];
            var doubledQuotes = field.HasDoubledQuotes;
            Put(column.JsonName, room, ref at);
            if (doubledQuotes && !_scanner.QuotesDouble)
            {
                text = Undoubled(text);
                doubledQuotes = false;
            }

            if (column.Field >= 0)
                text = Read(column, text, ref doubledQuotes, changed);
            if (column.Field < 0 || _schema.Fields[column.Field].Type == FieldType.Text)
                PutText(text, doubledQuotes, room, ref at);
            else if (text.IsEmpty)
                Put("null"u8, room, ref at);
            else if (NumberText.IsJsonNumber(text))
                Put(text, room, ref at);
            else
                PutText(text, doubledQuotes, room, ref at);
            room[at++] = (byte)',';
        }
        room[at - 1] = (byte)'}';
        into.Advance(at);
    }

    /// <summary>The value as its field takes it; doubled quotes stay doubled where it is a text as it was written.</summary>
    ReadOnlySpan<byte> Read(scoped in CsvColumns.Column column, ReadOnlySpan<byte> text, ref bool doubledQuotes, Span<byte> changed)
    {
        if (!doubledQuotes)
            return _columns.Value(column, text, changed);
        var plain = Undoubled(text);
        var read = _columns.Value(column, plain, changed);
        if (read == plain)
            return text;
        doubledQuotes = false;
        return read;
    }

    ReadOnlySpan<byte> Undoubled(ReadOnlySpan<byte> text)
    {
        var written = text.Length <= _undoubled.Length ? _undoubled : _undoubled = new byte[text.Length];
        return written.AsSpan(0, _scanner.Undouble(text, written));
    }

    static void Put(ReadOnlySpan<byte> bytes, Span<byte> room, ref int at)
    {
        bytes.CopyTo(room[at..]);
        at += bytes.Length;
    }

    static void PutText(ReadOnlySpan<byte> text, bool doubledQuotes, Span<byte> room, ref int at)
    {
        room[at++] = (byte)'"';
        for (var plain = text.IndexOfAny(Escaped); plain >= 0; plain = text.IndexOfAny(Escaped))
        {
            Put(text[..plain], room, ref at);
            var c = text[plain];
            room[at++] = (byte)'\\';
            if (c is (byte)'"' or (byte)'\\')
            {
                room[at++] = c;
            }
            else
            {
                Put("u00"u8, room, ref at);
                room[at++] = (byte)('0' + (c >> 4));
                room[at++] = "0123456789abcdef"u8[c & 15];
            }
            var taken = doubledQuotes && c == '"' && plain + 1 < text.Length && text[plain + 1] == '"' ? 2 : 1;
            text = text[(plain + taken)..];
        }
        Put(text, room, ref at);
        room[at++] = (byte)'"';
    }
}
