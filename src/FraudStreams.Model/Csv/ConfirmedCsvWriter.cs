using System.Buffers;
using System.Text;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Csv;

/// <summary>
/// Writes confirmed payments as the rows of a training file: the schema's columns in its order, behind an empty row index where the
/// schema has one, with each value as its source wrote it and what was confirmed in the label's column. An id that is made from the row
/// is no column.
/// </summary>
public sealed class ConfirmedCsvWriter : StoredRowWriter
{
    static readonly SearchValues<byte> NeedQuotes = SearchValues.Create("\",\r\n"u8);

    readonly IBufferWriter<byte> _into;
    readonly int _firstField;

    /// <exception cref="SchemaException">The schema has no label, so a training file of it has no column for what was confirmed.</exception>
    public ConfirmedCsvWriter(TransactionSchema schema, IBufferWriter<byte> into)
        : base(schema)
    {
        if (schema.LabelField < 0)
            throw new SchemaException($"schema {schema.Name}", ["has no label (roles.label): its training files cannot hold what was confirmed"]);
        _into = into;
        _firstField = schema.Roles.IdFromRow ? 1 : 0;
    }

    /// <summary>Writes the line of column names.</summary>
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

    /// <summary>What was confirmed stands in the label's column, whatever the source said there.</summary>
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
