using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Json;

/// <summary>
/// Writes payments of the store as records of topic `transactions`: UTF-8 JSON objects with the schema's fields in schema order, as
/// the CSV input writes them. A reader gets the same values as from the original records. Further fields of those records are not
/// in the store and are lost. Not thread-safe.
/// </summary>
/// <param name="schema">The schema of the rows.</param>
/// <param name="into">Receives the records, without separators.</param>
/// <param name="withConfirmed">Whether a confirmed label replaces the source's own, as for training.</param>
public sealed class StoredJsonWriter(TransactionSchema schema, IBufferWriter<byte> into, bool withConfirmed = false) : StoredRowWriter(schema), IDisposable
{
    static readonly JsonWriterOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    readonly JsonEncodedText[] _names = [.. schema.Fields.Select(field => JsonEncodedText.Encode(field.Name, Unescaped.Encoder))];
    readonly Utf8JsonWriter _json = new(into, Unescaped);

    /// <summary>Topic key of the last row written: its card, or its id where the data has no card.</summary>
    public byte[] Key { get; private set; } = [];

    /// <summary>Releases the JSON writer.</summary>
    public void Dispose() => _json.Dispose();

    private protected override void Begin(byte[]?[] written, bool? confirmed)
    {
        _json.Reset();
        _json.WriteStartObject();
        if (withConfirmed && confirmed is { } fraud && Schema.LabelField >= 0)
            written[Schema.LabelField] = fraud ? "1"u8.ToArray() : "0"u8.ToArray();
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
