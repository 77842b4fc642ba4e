using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using FraudStreams.Model.Schemas;
using static FraudStreams.Model.Schemas.TransactionRows;

namespace FraudStreams.Model.Json;

/// <summary>
/// Reads one UTF-8 JSON object into a row. Finds a field by the bytes of its name: first tries the field that was at the same position in the
/// last record, then a hash table. The positions are only hints, so several threads may read at once, each into its own rows.
/// </summary>
sealed class JsonRecord
{
    internal const int DefaultLongestRecord = 1 << 20;

    const int DeepestNesting = 32;
    const int Unknown = -1;
    const int Reserved = -2;

    static readonly JsonReaderOptions Options = new() { MaxDepth = DeepestNesting + 8, CommentHandling = JsonCommentHandling.Disallow };

    readonly TransactionSchema _schema;
    readonly ImmutableArray<SchemaField> _fields;
    readonly Utf8Names _names;
    readonly int[] _lastAt;
    readonly int _longest;
    readonly bool _refusesUnknown;

    /// <param name="schema">Determines which cell is the label; its name is used in messages.</param>
    /// <param name="fields">The cells, in order: the schema's fields, then any further fields of the record.</param>
    /// <param name="reserved">Names that make a record invalid.</param>
    /// <param name="longest">Longest record, in bytes, that is parsed.</param>
    /// <param name="refusesUnknown">Whether a field that is not one of these makes a record invalid.</param>
    internal JsonRecord(TransactionSchema schema, ImmutableArray<SchemaField> fields, IEnumerable<string> reserved, int longest, bool refusesUnknown = false)
    {
        _refusesUnknown = refusesUnknown;
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, 2);
        _schema = schema;
        _fields = fields;
        _names = new Utf8Names(fields.Select(f => f.Name).Concat(reserved));
        _lastAt = new int[fields.Length * 2];
        Array.Fill(_lastAt, Unknown);
        _longest = longest;
    }

    /// <summary>Appends the record as a row and returns null, or returns why it is rejected and leaves the rows unchanged.</summary>
    internal RejectReason? Read(ReadOnlySpan<byte> record, TransactionRows into)
    {
        if (record.Length > _longest)
            return TooLong(record.Length, _longest);
        if (!Utf8.IsValid(record))
            return NotUtf8();
        var first = record.IndexOfAnyExcept(" \t\r\n"u8);
        if (first < 0)
            return new(RejectCodes.NotJson, "the record is empty");
        if (record[first] != '{')
            return NotAnObject(record);

        var cells = into.Begin(record, out var start);
        var reader = new Utf8JsonReader(record, isFinalBlock: false, new JsonReaderState(Options));
        RejectReason? reason;
        try
        {
            reason = ReadObject(ref reader, record, into, cells, start);
        }
        catch (JsonException)
        {
            // Utf8JsonReader reports invalid JSON only by throwing. BytesConsumed still has the position.
            reason = new(RejectCodes.NotJson, $"the record is not JSON after its byte {reader.BytesConsumed:N0}");
        }
        if (reason is null)
            into.Commit();
        return reason;
    }

    RejectReason? ReadObject(ref Utf8JsonReader reader, ReadOnlySpan<byte> record, TransactionRows into, Span<Cell> cells, int start)
    {
        reader.Read();
        RejectReason? problems = null;
        for (var position = 0; ; position++)
        {
            if (!reader.Read())
                return Truncated(record);
            if (reader.TokenType == JsonTokenType.EndObject)
                break;
            var field = Find(ref reader, position);
            if (!reader.Read())
                return Truncated(record);
            var reason = field switch
            {
                >= 0 => ReadField(ref reader, field, into, ref cells[field], start),
                Reserved => ReservedField(),
                _ => _refusesUnknown ? UnknownField(position) : null,
            };
            if (reason is not null)
                problems = problems.And(reason);
            if (SkipNested(ref reader, record) is { } unreadable)
                return unreadable;
        }
        // Throws if anything but white space follows the object.
        reader.Read();
        return problems ?? FieldText.FirstMissing(_fields, cells);
    }

    int Find(ref Utf8JsonReader reader, int position)
    {
        if (reader.ValueIsEscaped)
            return FindEscaped(ref reader);
        var name = reader.ValueSpan;
        if (position < _lastAt.Length)
        {
            var last = _lastAt[position];
            if (last >= 0 && name.SequenceEqual(_names[last]))
                return last;
        }
        var found = _names.Find(name);
        if (found >= _fields.Length)
            return Reserved;
        if (position < _lastAt.Length)
            _lastAt[position] = found;
        return found;
    }

    int FindEscaped(ref Utf8JsonReader reader)
    {
        var name = reader.ValueSpan.Length <= 512 ? stackalloc byte[512] : new byte[reader.ValueSpan.Length];
        if (!TryUnescape(ref reader, name, out var length))
            return Unknown;
        var found = _names.Find(name[..length]);
        return found >= _fields.Length ? Reserved : found;
    }

    RejectReason? ReadField(ref Utf8JsonReader reader, int index, TransactionRows into, ref Cell cell, int start)
    {
        var field = _fields[index];
        if (cell.State != CellState.Absent)
            return new(RejectCodes.DuplicateField, $"{field.Name}: appears twice");
        var at = start + (int)reader.TokenStartIndex;
        var text = reader.ValueSpan;
        switch (reader.TokenType)
        {
            case JsonTokenType.Number:
                break;
            case JsonTokenType.String when reader.ValueIsEscaped:
                var room = into.Reserve(text.Length);
                if (!TryUnescape(ref reader, room, out var length))
                    return new(RejectCodes.NotUtf8, $"{field.Name}: has an escape that is half a character");
                text = room[..length];
                at = into.Keep(length);
                break;
            case JsonTokenType.String:
                at++;
                break;
            case JsonTokenType.Null:
                cell.State = CellState.Null;
                return null;
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                var nested = reader.TokenType == JsonTokenType.StartArray ? "a list" : "an object";
                return new(RejectCodes.NestedValue, $"{field.Name}: is {nested}, not one value");
            default:
                return new(RejectCodes.WrongType, $"{field.Name}: is true or false, not {field.Type.InWords()}");
        }
        return FieldText.Read(_schema, index, field, text, at, ref cell);
    }

    static bool TryUnescape(ref Utf8JsonReader reader, scoped Span<byte> into, out int length)
    {
        length = 0;
        try
        {
            length = reader.CopyString(into);
            return true;
        }
        catch (InvalidOperationException)
        {
            // Utf8JsonReader throws this if an escape is half of a surrogate pair.
            return false;
        }
    }

    /// <summary>Skips an object or array, so that the reader is always at the end of the value.</summary>
    static RejectReason? SkipNested(ref Utf8JsonReader reader, ReadOnlySpan<byte> record)
    {
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            return null;
        for (var depth = reader.CurrentDepth; ;)
        {
            if (!reader.Read())
                return Truncated(record);
            if (reader.CurrentDepth > DeepestNesting)
                return new(RejectCodes.TooDeep, $"the record nests deeper than {DeepestNesting} levels");
            if (reader.CurrentDepth == depth && reader.TokenType is (JsonTokenType.EndObject or JsonTokenType.EndArray))
                return null;
        }
    }

    RejectReason NotAnObject(ReadOnlySpan<byte> record)
    {
        var separator = LineSeparator.Of(record, out var columns);
        return columns > 1 && record[0] != '['
            ? new(
                RejectCodes.ColumnCount,
                $"the record is a line of {columns} {LineSeparator.NameOf(separator)}-separated columns, not a JSON object; " +
                $"schema {_schema.Name} has {_schema.Fields.Length} fields")
            : new(RejectCodes.NotAnObject, "the record is not a JSON object: it does not begin with {");
    }

    /// <param name="field">Where it is known which one it is.</param>
    internal static RejectReason NotUtf8(string? field = null) => new(
        RejectCodes.NotUtf8,
        $"{(field is null ? "the record" : $"{field}:")} is not UTF-8 text; csv.encoding = windows-1252 in the schema reads a file of a Western spreadsheet, and iconv -f WINDOWS-1252 -t UTF-8 converts it");

    internal static RejectReason TooLong(int length, int longest) =>
        new(RejectCodes.TooLong, $"the record has {length:N0} bytes; at most {longest:N0} are read");

    static RejectReason Truncated(ReadOnlySpan<byte> record) =>
        new(RejectCodes.Truncated, $"the record ends after {record.Length:N0} bytes, before its object does");

    /// <summary>By its place: a name that nobody knows may itself be secret.</summary>
    RejectReason UnknownField(int position) =>
        new(RejectCodes.UnknownField, $"field {position + 1} of the record is not one of schema {_schema.Name}");

    static RejectReason ReservedField() =>
        new(
            RejectCodes.ReservedField,
            $"the record has a reserved field ({string.Join(", ", TransactionSchema.ReservedNames)})");
}
