using System.Text;
using System.Text.Json;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Csv;

/// <summary>
/// Writes rows of the store, each value as its source wrote it. After <see cref="BeginRow"/> fields are given one after the other, in the schema's
/// order. Not thread-safe.
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

    /// <summary>Begins a row; as many fields follow as the schema has.</summary>
    /// <param name="asWritten">What <see cref="PredictionRows.TryWriteUnusual"/> wrote of it; empty where it wrote nothing.</param>
    /// <param name="confirmed">What was confirmed of it; null where nothing was.</param>
    public void BeginRow(ReadOnlySpan<byte> asWritten, bool? confirmed)
    {
        Array.Clear(_written);
        _field = 0;
        if (!asWritten.IsEmpty)
            ReadWritten(asWritten);
        Begin(_written, confirmed);
    }

    public void Missing() => Next(default);

    public void Text(ReadOnlySpan<byte> utf8) => Next(utf8);

    public void Number(double value) => Usual(BitConverter.DoubleToInt64Bits(value));

    /// <summary>A whole number, or a time in unix milliseconds.</summary>
    public void Whole(long value) => Usual(value);

    /// <param name="written">For each field the characters that its value alone would not give back, or null.</param>
    private protected abstract void Begin(byte[]?[] written, bool? confirmed);

    /// <param name="text">Empty for a missing value.</param>
    private protected abstract void Write(int field, ReadOnlySpan<byte> text);

    void Usual(long bits)
    {
        Span<byte> usual = stackalloc byte[CanonicalText.Longest];
        Next(usual[..CanonicalText.Write(Schema.Fields[_field], bits, usual)]);
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
