using System.Buffers;
using System.Text;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Csv;

/// <summary>
/// Writes confirmed payments as rows of a training CSV file (UTF-8, RFC 4180, lines end in LF): the schema's columns in schema order,
/// after an empty index column where the schema drops one. Each value is written as its source wrote it, and the label column holds the
/// confirmed label (1, 0, or empty where none was confirmed). A synthetic id, made from file name and row, has no column.
/// </summary>
public sealed class ConfirmedCsvWriter : StoredRowWriter
{
    static readonly SearchValues<byte> NeedQuotes = SearchValues.Create("\",\r\n"u8);

    readonly IBufferWriter<byte> _into;
    readonly int _firstField;

    /// <param name="schema">The schema of the rows.</param>
    /// <param name="into">Receives the UTF-8 text; owned by the caller.</param>
    /// <exception cref="SchemaException">The schema has no label, so a training file has no column for the confirmed label.</exception>
    public ConfirmedCsvWriter(TransactionSchema schema, IBufferWriter<byte> into)
        : base(schema)
    {
        if (schema.LabelField < 0)
            throw new SchemaException($"schema {schema.Name}", ["has no label (roles.label): its training files cannot hold confirmed labels"]);
        _into = into;
        _firstField = schema.Roles.IdFromRow ? 1 : 0;
    }

    /// <summary>Writes the header line. Call it once, before the first row.</summary>
    public void WriteHeader()
    {
        if (Schema.DropsIndexColumn)
            _into.Write(","u8);
        for (var field = _firstField; field < Schema.Fields.Length; field++)
        {
            if (field > _firstField)
                _into.Write(","u8);
            WriteQuotedWhereNeeded(Encoding.UTF8.GetBytes(Schema.Fields[field].Name));
        }
        _into.Write("\n"u8);
    }

    /// <summary>The confirmed label replaces the label of the source.</summary>
    private protected override void Begin(byte[]?[] written, bool? confirmed)
    {
        written[Schema.LabelField] = confirmed switch { true => "1"u8.ToArray(), false => "0"u8.ToArray(), null => [] };
        if (Schema.DropsIndexColumn)
            _into.Write(","u8);
    }

    private protected override void Write(int field, ReadOnlySpan<byte> text)
    {
        if (field < _firstField)
            return;
        WriteQuotedWhereNeeded(text);
        _into.Write(field == Schema.Fields.Length - 1 ? "\n"u8 : ","u8);
    }

    void WriteQuotedWhereNeeded(ReadOnlySpan<byte> text)
    {
        if (!text.ContainsAny(NeedQuotes))
        {
            _into.Write(text);
            return;
        }
        _into.Write("\""u8);
        for (var quote = text.IndexOf((byte)'"'); quote >= 0; quote = text.IndexOf((byte)'"'))
        {
            _into.Write(text[..(quote + 1)]);
            _into.Write("\""u8);
            text = text[(quote + 1)..];
        }
        _into.Write(text);
        _into.Write("\""u8);
    }
}
