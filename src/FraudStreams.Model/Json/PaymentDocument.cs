using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Json;

/// <summary>A payment of a document.</summary>
/// <param name="Record">As topic `transactions` takes it: a JSON object, or what stood in its place, to be rejected for it.</param>
/// <param name="Key">The topic key: its card, or its id where the data has no card; empty if that cannot be read.</param>
/// <param name="Identity">The id, or a digest of the record where it has none that can be read: the same for the same payment of another document.</param>
/// <param name="EventTime">In Unix milliseconds; null if it has none that can be read.</param>
public sealed record DocumentPayment(byte[] Record, byte[] Key, string Identity, long? EventTime);

/// <summary>
/// Reads the payments of a JSON document as payments APIs send them: one object; an array of objects; a table in pandas' split form, with `columns`, `data` and
/// perhaps `index`; an object whose `data` is an array of objects; each also as a JSON text inside a JSON string. A payment is written with the fields of the
/// schema first, in its order, then others, so that each form gives the same bytes; numbers keep their text, and a number in a text field becomes that text.
/// Not thread-safe.
/// </summary>
/// <param name="schema">The schema of the payments.</param>
/// <param name="momentField">
/// A field in Unix milliseconds, such as `current_time`: where a payment has it, it is taken out, and required times of the schema that the payment lacks are
/// this moment. Dates without a clock are not filled. Null for none.
/// </param>
/// <param name="tokens">
/// What cards are replaced with where payments are published: digests are of the record with its token then, as from one of the record with its card whoever has
/// the rest of it could guess the number. Null where cards stay as they come.
/// </param>
public sealed class PaymentDocument(TransactionSchema schema, string? momentField, CardTokens? tokens = null) : IDisposable
{
    /// <summary>Payments of one document: an array of nothing has ten times its length in memory.</summary>
    public const int MostPayments = 100_000;

    /// <summary>JSON texts in strings in strings are read so deep: nobody means more.</summary>
    const int DeepestText = 3;

    static readonly JsonDocumentOptions s_options = new() { MaxDepth = 64 };

    /// <summary>As few escapes as JSON needs: what is written here stands in no page.</summary>
    static readonly JsonWriterOptions s_written = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly TransactionReader _reader = new(schema, int.MaxValue);
    readonly TransactionRows _rows = new(schema, 1);
    readonly ArrayBufferWriter<byte> _record = new(1024);

    /// <summary>The payments of a document, in its order; none where it is null or an empty list.</summary>
    /// <param name="json">The document, in UTF-8.</param>
    /// <exception cref="JsonException">It is not JSON, or ends too early; the message names no content.</exception>
    /// <exception cref="InvalidDataException">It is JSON of another form, or has more than <see cref="MostPayments"/>.</exception>
    public IReadOnlyList<DocumentPayment> Read(ReadOnlyMemory<byte> json)
    {
        var payments = new List<DocumentPayment>();
        Read(json, payments, texts: 0);
        return payments;
    }

    public void Dispose() => _rows.Dispose();

    void Read(ReadOnlyMemory<byte> json, List<DocumentPayment> into, int texts)
    {
        using var document = Parse(json);
        var root = document.RootElement;
        switch (root.ValueKind)
        {
            case JsonValueKind.Null:
                break;
            case JsonValueKind.String when texts < DeepestText:
                Read(Encoding.UTF8.GetBytes(TextOf(root)), into, texts + 1);
                break;
            case JsonValueKind.Array:
                ReadList(root, into);
                break;
            case JsonValueKind.Object when root.TryGetProperty("columns", out var columns) && root.TryGetProperty("data", out var data):
                ReadTable(columns, data, into);
                break;
            case JsonValueKind.Object when schema.IndexOf("data") < 0 && root.TryGetProperty("data", out var list) && list.ValueKind == JsonValueKind.Array:
                ReadList(list, into);
                break;
            case JsonValueKind.Object:
                Add(into, Payment(root.EnumerateObject().Select(member => (member.Name, member.Value))));
                break;
            default:
                throw new InvalidDataException($"it is {Kind(root)}, and neither an object, nor a list of objects, nor a table of columns and data");
        }
    }

    static void Add(List<DocumentPayment> into, DocumentPayment payment)
    {
        if (into.Count == MostPayments)
            throw new InvalidDataException($"it has more than {MostPayments:N0} payments");
        into.Add(payment);
    }

    static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json, s_options);
        }
        catch (JsonException e)
        {
#pragma warning disable MA0054 // The parser's own message quotes what it met.
            throw new JsonException($"it is not JSON after its byte {e.BytePositionInLine ?? 0:N0} of line {(e.LineNumber ?? 0) + 1:N0}");
#pragma warning restore MA0054
        }
    }

    void ReadList(JsonElement list, List<DocumentPayment> into)
    {
        foreach (var element in list.EnumerateArray())
        {
            if (element.ValueKind == JsonValueKind.Object)
                Add(into, Payment(element.EnumerateObject().Select(member => (member.Name, member.Value))));
            else if (element.ValueKind == JsonValueKind.String && TextOf(element).AsSpan().TrimStart() is ['{', ..])
                ReadObjectText(element, into);
            else
                Add(into, AsItIs(element));
        }
    }

    /// <summary>An object as a text; one that cannot be read stays what it is.</summary>
    void ReadObjectText(JsonElement element, List<DocumentPayment> into)
    {
        try
        {
            using var inner = JsonDocument.Parse(TextOf(element), s_options);
            Add(into, Payment(inner.RootElement.EnumerateObject().Select(member => (member.Name, member.Value))));
        }
        catch (JsonException)
        {
            Add(into, AsItIs(element));
        }
    }

    void ReadTable(JsonElement columns, JsonElement data, List<DocumentPayment> into)
    {
        if (columns.ValueKind != JsonValueKind.Array || columns.EnumerateArray().Any(column => column.ValueKind != JsonValueKind.String))
            throw new InvalidDataException("its columns are no list of names");
        if (data.ValueKind != JsonValueKind.Array)
            throw new InvalidDataException("its data is no list of rows");
        var names = columns.EnumerateArray().Select(TextOf).ToArray();
        foreach (var row in data.EnumerateArray())
        {
            Add(into, row.ValueKind == JsonValueKind.Array && row.GetArrayLength() == names.Length
                ? Payment(row.EnumerateArray().Select((cell, column) => (names[column], cell)))
                : AsItIs(row));
        }
    }

    DocumentPayment Payment(IEnumerable<(string Name, JsonElement Value)> members)
    {
        var fields = new JsonElement?[schema.Fields.Length];
        var others = new List<(string Name, JsonElement Value)>();
        long? moment = null;
        foreach (var (name, value) in members)
        {
            if (name == momentField && schema.IndexOf(name) < 0 && MomentOf(value) is { } known)
                moment = known;
            else if (schema.IndexOf(name) is >= 0 and var field && fields[field] is null)
                fields[field] = value;
            else
                others.Add((name, value));
        }

        var record = Written(fields, others, moment, id: null);
        if (schema.Roles.IdFromRow && IsMissing(fields[schema.IdField]))
            record = Written(fields, others, moment, DigestOf(record));
        return Known(record, fields[schema.KeyField]);
    }

    byte[] Written(JsonElement?[] fields, List<(string Name, JsonElement Value)> others, long? moment, string? id)
    {
        _record.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_record, s_written))
        {
            json.WriteStartObject();
            for (var index = 0; index < fields.Length; index++)
            {
                var field = schema.Fields[index];
                if (IsMissing(fields[index]) && index == schema.IdField && id is not null)
                    json.WriteString(field.Name, id);
                else if (IsMissing(fields[index]) && moment is { } time && field is { Type: FieldType.Time, Optional: false } && field.TimeFormats[0].Kind != TimeFormatKind.Date)
                    WriteTime(json, field, time);
                else if (fields[index] is { } value)
                    WriteValue(json, field, value);
            }

            foreach (var (name, value) in others)
            {
                json.WritePropertyName(name);
                WriteValue(json, value);
            }

            json.WriteEndObject();
        }

        return _record.WrittenSpan.ToArray();
    }

    static void WriteValue(Utf8JsonWriter json, SchemaField field, JsonElement value)
    {
        json.WritePropertyName(field.Name);
        if (field.Type == FieldType.Text && value.ValueKind == JsonValueKind.Number)
            json.WriteStringValue(value.GetRawText());
        else
            WriteValue(json, value);
    }

    /// <summary>Texts are escaped anew: libraries do it in different ways. Numbers keep their text.</summary>
    static void WriteValue(Utf8JsonWriter json, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String && IsWhole(value, out var text))
            json.WriteStringValue(text);
        else
            json.WriteRawValue(value.GetRawText(), skipInputValidation: true);
    }

    static void WriteTime(Utf8JsonWriter json, SchemaField field, long time)
    {
        Span<byte> text = stackalloc byte[40];
        text = text[..TimeText.Write(field.TimeFormats[0], time, text)];
        json.WritePropertyName(field.Name);
        if (NumberText.IsJsonNumber(text))
            json.WriteRawValue(text);
        else
            json.WriteStringValue(text);
    }

    /// <summary>With what a reader of the topic will find in it.</summary>
    DocumentPayment Known(byte[] record, JsonElement? key)
    {
        _rows.Clear();
        return _reader.Read(record, _rows) is null
            ? new DocumentPayment(record, _rows.Key(0).ToArray(), Encoding.UTF8.GetString(_rows.Id(0)), _rows.EventTime(0))
            : new DocumentPayment(record, key is { ValueKind: JsonValueKind.String or JsonValueKind.Number } value ? Encoding.UTF8.GetBytes(TextOf(value)) : [], DigestOf(record), null);
    }

    /// <summary>
    /// Of a record of topic `transactions`, what <see cref="DocumentPayment.Identity"/> is of the payment that it was made of.
    /// </summary>
    /// <param name="record">The record, in UTF-8.</param>
    public string IdentityOf(ReadOnlySpan<byte> record)
    {
        _rows.Clear();
        return _reader.Read(record, _rows) is null ? Encoding.UTF8.GetString(_rows.Id(0)) : DigestOf(record);
    }

    DocumentPayment AsItIs(JsonElement element)
    {
        var record = Encoding.UTF8.GetBytes(element.GetRawText());
        return new DocumentPayment(record, [], DigestOf(record), null);
    }

    static bool IsMissing(JsonElement? value) => value is null or { ValueKind: JsonValueKind.Null };

    static long? MomentOf(JsonElement value)
    {
        long? moment = value.ValueKind switch
        {
            JsonValueKind.Number when value.TryGetInt64(out var whole) => whole,
            JsonValueKind.Number when value.TryGetDouble(out var number) && Math.Abs(number) < 1e15 => (long)number,
            JsonValueKind.String when long.TryParse(value.GetString(), out var text) => text,
            _ => null,
        };
        return moment is >= TimeFormat.Earliest and <= TimeFormat.Latest ? moment : null;
    }

    static string TextOf(JsonElement value) => value.ValueKind == JsonValueKind.String && IsWhole(value, out var text) ? text : value.GetRawText();

    /// <summary>A text; false where one of its escapes is half a character.</summary>
    static bool IsWhole(JsonElement value, out string text)
    {
        try
        {
            text = value.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            text = "";
            return false;
        }
    }

    string DigestOf(ReadOnlySpan<byte> record) => Convert.ToHexStringLower(SHA256.HashData(tokens is null ? record : tokens.Replace(record, out _)).AsSpan(0, 16));

    static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Number => "a number",
        JsonValueKind.String => "a text",
        _ => "true or false",
    };
}
