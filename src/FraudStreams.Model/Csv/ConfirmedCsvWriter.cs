using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Csv;

/// <summary>
/// Writes confirmed payments as rows of a training CSV file (UTF-8, RFC 4180, lines end in LF): with the columns of a file that is there, in its order
/// and with its separator, or else the schema's columns in schema order, after an empty index column where the schema drops one. Each value is written
/// as its source wrote it, with the quote, the decimal mark and the times of the schema's section csv, and the label column holds the confirmed label (1, 0, or
/// empty where none was confirmed). A column that no field of the schema has stays empty. A synthetic id, made from file name and row, has no column.
/// </summary>
public sealed class ConfirmedCsvWriter : StoredRowWriter
{
    readonly IBufferWriter<byte> _into;
    readonly ArrayBufferWriter<byte> _row = new(1024);
    readonly (int Start, int Length)[] _values;
    readonly ImmutableArray<int> _fields;
    readonly byte[] _header;
    readonly byte _separator;
    readonly byte _quote;
    readonly SearchValues<byte> _needQuotes;

    /// <param name="schema">The schema of the rows.</param>
    /// <param name="into">Receives the UTF-8 text; owned by the caller.</param>
    /// <param name="columns">The header of the file whose columns are written; null for the schema's own.</param>
    /// <exception cref="SchemaException">The schema has no label, or the file no column for it, so there is no place for the confirmed label.</exception>
    public ConfirmedCsvWriter(TransactionSchema schema, IBufferWriter<byte> into, CsvHeader? columns = null)
        : base(schema)
    {
        if (schema.LabelField < 0)
            throw new SchemaException($"schema {schema.Name}", ["has no label (roles.label): its training files cannot hold confirmed labels"]);
        _into = into;
        _values = new (int, int)[schema.Fields.Length];
        _separator = (byte)(columns?.Separator ?? schema.Csv.Separator ?? ',');
        _quote = schema.Csv.QuoteByte;
        if (columns is not null)
        {
            _fields = columns.FieldsOf(schema);
            if (!_fields.Contains(schema.LabelField))
                throw new SchemaException("the training file", [$"has no column {schema.Roles.Label}: it cannot hold confirmed labels"]);
            _header = Encoding.UTF8.GetBytes(columns.Line + "\n");
        }
        else
        {
            int[] index = schema.DropsIndexColumn ? [-1] : [];
            _fields = [.. index, .. Enumerable.Range(0, schema.Fields.Length).Where(field => field != schema.IdField || !schema.Roles.IdFromRow)];
            _header = Encoding.UTF8.GetBytes(string.Join((char)_separator, _fields.Select(field => field < 0 ? "" : Quoted(schema.Fields[field].Name))) + "\n");
        }
        _needQuotes = SearchValues.Create([_quote, (byte)'\r', (byte)'\n', _separator]);
    }

    /// <summary>Writes the header line. Call it once, before the first row.</summary>
    public void WriteHeader() => _into.Write(_header);

    /// <summary>The confirmed label replaces the label of the source.</summary>
    private protected override void Begin(byte[]?[] written, bool? confirmed)
    {
        written[Schema.LabelField] = confirmed switch { true => "1"u8.ToArray(), false => "0"u8.ToArray(), null => [] };
        _row.ResetWrittenCount();
    }

    private protected override void Write(int field, ReadOnlySpan<byte> text)
    {
        Span<byte> declared = stackalloc byte[CsvValue.Longest];
        scoped var written = AsDeclared(Schema.Fields[field], text, declared);
        _values[field] = (_row.WrittenCount, written.Length);
        _row.Write(written);
        if (field < Schema.Fields.Length - 1)
            return;
        for (var column = 0; column < _fields.Length; column++)
        {
            if (column > 0)
                _into.Write([_separator]);
            if (_fields[column] >= 0 && _values[_fields[column]] is var (start, length))
                WriteQuotedWhereNeeded(Schema.Fields[_fields[column]], _row.WrittenSpan.Slice(start, length));
        }
        _into.Write("\n"u8);
    }

    string Quoted(string name)
    {
        var quote = ((char)_quote).ToString();
        return name.AsSpan().ContainsAny([(char)_quote, (char)_separator, '\r', '\n']) ? quote + name.Replace(quote, quote + quote) + quote : name;
    }

    /// <summary>A value as the section csv says that such values are written; the text itself where it says nothing.</summary>
    ReadOnlySpan<byte> AsDeclared(SchemaField field, ReadOnlySpan<byte> text, Span<byte> into)
    {
        if (text.IsEmpty || text.Length > into.Length)
            return text;
        if (field.Type is FieldType.Number or FieldType.Integer && Schema.Csv.Decimal == ',')
        {
            text.Replace(into, (byte)'.', (byte)',');
            return into[..text.Length];
        }

        foreach (var own in field.TimeFormats)
        {
            if (Schema.Csv.Times.IsEmpty || !TimeText.TryParse(own, text, out var time))
                continue;
            foreach (var declared in Schema.Csv.Times)
            {
                var written = into[..declared.Write(time, into)];
                if (declared.TryRead(written, out var read) && read == time)
                    return written;
            }
        }

        return text;
    }

    void WriteQuotedWhereNeeded(SchemaField field, ReadOnlySpan<byte> text)
    {
        if (!text.ContainsAny(_needQuotes))
        {
            _into.Write(text);
            return;
        }
        if (_quote == CsvFormat.NoQuote)
            throw new InvalidDataException($"{field.Name} has the separator or a line end in it, and csv.quote is none: the file cannot hold it");
        _into.Write([_quote]);
        for (var quote = text.IndexOf(_quote); quote >= 0; quote = text.IndexOf(_quote))
        {
            _into.Write(text[..(quote + 1)]);
            _into.Write([_quote]);
            text = text[(quote + 1)..];
        }
        _into.Write(text);
        _into.Write([_quote]);
    }
}
