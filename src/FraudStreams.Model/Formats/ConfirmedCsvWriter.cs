using System.Buffers;
using System.Text;
using System.Text.Json;
using FraudStreams.Model.Schema;

namespace FraudStreams.Model.Formats;

/// <summary>
/// Writes confirmed payments as the rows of a training file: the schema's columns in its order, behind an empty row index where the
/// schema has one, with each value as its source wrote it and what was confirmed in the label's column. An id that is made from the row
/// is no column. Fields are given one after the other, in the schema's order. Not thread-safe.
/// </summary>
public sealed class ConfirmedCsvWriter
{
    static readonly SearchValues<byte> NeedQuotes = SearchValues.Create("\",\r\n"u8);

    readonly TransactionSchema _schema;
    readonly IBufferWriter<byte> _into;
    readonly byte[]?[] _written;
    readonly int _firstField;
    int _field;

    /// <exception cref="SchemaException">The schema has no label, so a training file of it has no column for what was confirmed.</exception>
    public ConfirmedCsvWriter(TransactionSchema schema, IBufferWriter<byte> into)
    {
        if (schema.LabelField < 0)
            throw new SchemaException($"schema {schema.Name}", ["has no label (roles.label): its training files cannot hold what was confirmed"]);
        _schema = schema;
        _into = into;
        _written = new byte[schema.Fields.Length][];
        _firstField = schema.Roles.IdFromRow ? 1 : 0;
    }

    /// <summary>Writes the line of column names.</summary>
    public void WriteHeader()
    {
        if (_schema.DropsIndexColumn)
            _into.Write(","u8);
        for (var field = _firstField; field < _schema.Fields.Length; field++)
        {
            if (field > _firstField)
                _into.Write(","u8);
            WriteQuotedWhereNeeded(Encoding.UTF8.GetBytes(_schema.Fields[field].Name));
        }
        _into.Write("\n"u8);
    }

    /// <summary>Begins a row; as many fields follow as the schema has.</summary>
    /// <param name="asWritten">What <see cref="PredictionRows.TryWriteUnusual"/> wrote of it; empty where it wrote nothing.</param>
    /// <param name="fraud">What was confirmed: it stands in the label's column, whatever the source said there.</param>
    public void BeginRow(ReadOnlySpan<byte> asWritten, bool fraud)
    {
        Array.Clear(_written);
        _field = 0;
        if (!asWritten.IsEmpty)
            ReadWritten(asWritten);
        _written[_schema.LabelField] = fraud ? "1"u8.ToArray() : "0"u8.ToArray();
        if (_schema.DropsIndexColumn)
            _into.Write(","u8);
    }

    public void Missing() => Write(default);

    public void Text(ReadOnlySpan<byte> utf8) => Write(utf8);

    public void Number(double value) => Usual(BitConverter.DoubleToInt64Bits(value));

    /// <summary>A whole number, or a time in unix milliseconds.</summary>
    public void Whole(long value) => Usual(value);

    void Usual(long bits)
    {
        Span<byte> usual = stackalloc byte[UsualText.Longest];
        Write(usual[..UsualText.Write(_schema.Fields[_field], bits, usual)]);
    }

    void Write(ReadOnlySpan<byte> text)
    {
        if (_field >= _firstField)
        {
            WriteQuotedWhereNeeded(_written[_field] ?? text);
            _into.Write(_field == _schema.Fields.Length - 1 ? "\n"u8 : ","u8);
        }
        _field++;
    }

    void ReadWritten(ReadOnlySpan<byte> asWritten)
    {
        var json = new Utf8JsonReader(asWritten);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var field = _schema.IndexOf(json.GetString());
            json.Read();
            if (field >= 0)
                _written[field] = Encoding.UTF8.GetBytes(json.GetString() ?? "");
        }
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
