using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Json;

/// <summary>
/// Writes payments of the store as records of `transactions`: the schema's fields in its order, as <see cref="CsvToJson"/> writes them. A reader gets the
/// same values from them as from the records that they were stored from. Whatever else those held is not in the store.
/// </summary>
public sealed class StoredJsonWriter(TransactionSchema schema, IBufferWriter<byte> into) : StoredRowWriter(schema), IDisposable
{
    static readonly JsonWriterOptions AsItIs = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    readonly JsonEncodedText[] _names = [.. schema.Fields.Select(field => JsonEncodedText.Encode(field.Name, AsItIs.Encoder))];
    readonly Utf8JsonWriter _json = new(into, AsItIs);

    /// <summary>The topic key of the row just written.</summary>
    public byte[] Key { get; private set; } = [];

    public void Dispose() => _json.Dispose();

    private protected override void Begin(byte[]?[] written, bool? confirmed)
    {
        _json.Reset();
        _json.WriteStartObject();
    }

    private protected override void Write(int field, ReadOnlySpan<byte> text)
    {
        if (field == Schema.KeyField)
            Key = text.ToArray();
        _json.WritePropertyName(_names[field]);
        if (text.IsEmpty)
            _json.WriteNullValue();
        else if (Schema.Fields[field].Type != FieldType.Text && NumberText.IsJsonNumber(text))
            _json.WriteRawValue(text, skipInputValidation: true);
        else
            _json.WriteStringValue(text);
        if (field < Schema.Fields.Length - 1)
            return;
        _json.WriteEndObject();
        _json.Flush();
    }
}
