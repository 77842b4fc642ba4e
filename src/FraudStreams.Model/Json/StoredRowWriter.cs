using System.Text;
using System.Text.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Json;

/// <summary>
/// Writes rows of the store, each value as its source wrote it. After <see cref="BeginRow"/> the caller gives every field of the schema, in
/// schema order. Not thread-safe.
/// </summary>
public abstract class StoredRowWriter
{
    readonly byte[]?[] _written;
    int _field;

    private protected StoredRowWriter(TransactionSchema schema)
    {
        Schema = schema;
        _written = new byte[schema.Fields.Length][];
    }

    private protected TransactionSchema Schema { get; }

    /// <summary>Begins a row. Exactly one call for each field of the schema must follow.</summary>
    /// <param name="asWritten">The JSON that <see cref="PredictionRows.TryWriteUnusual"/> wrote for the row; empty if it wrote none.</param>
    /// <param name="confirmed">The confirmed label; null if there is none.</param>
    public void BeginRow(ReadOnlySpan<byte> asWritten, bool? confirmed)
    {
        Array.Clear(_written);
        _field = 0;
        if (!asWritten.IsEmpty)
            ReadWritten(asWritten);
        Begin(_written, confirmed);
    }

    /// <summary>The next field has no value.</summary>
    public void Missing() => Next(default);

    /// <summary>The next field is a text, in UTF-8.</summary>
    public void Text(ReadOnlySpan<byte> utf8) => Next(utf8);

    /// <summary>The next field is a finite number.</summary>
    public void Number(double value) => Canonical(BitConverter.DoubleToInt64Bits(value));

    /// <summary>The next field is a whole number, or a time in Unix milliseconds.</summary>
    public void Whole(long value) => Canonical(value);

    /// <param name="written">One entry a field: the source's text where it is not the canonical one, or null.</param>
    private protected abstract void Begin(byte[]?[] written, bool? confirmed);

    /// <param name="field">Index in the schema.</param>
    /// <param name="text">Empty for a missing value.</param>
    private protected abstract void Write(int field, ReadOnlySpan<byte> text);

    void Canonical(long bits)
    {
        Span<byte> canonical = stackalloc byte[CanonicalText.Longest];
        Next(canonical[..CanonicalText.Write(Schema.Fields[_field], bits, canonical)]);
    }

    void Next(ReadOnlySpan<byte> text)
    {
        Write(_field, _written[_field] ?? text);
        _field++;
    }

    void ReadWritten(ReadOnlySpan<byte> asWritten)
    {
        var json = new Utf8JsonReader(asWritten);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var field = Schema.IndexOf(json.GetString());
            json.Read();
            if (field >= 0)
                _written[field] = Encoding.UTF8.GetBytes(json.GetString() ?? "");
        }
    }
}
