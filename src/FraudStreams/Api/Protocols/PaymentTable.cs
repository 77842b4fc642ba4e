using System.Buffers;
using System.Text.Json;

namespace FraudStreams.Api.Protocols;

/// <summary>Payments that come as a table, column names and cells apart, turned into the JSON objects that the stream reads.</summary>
sealed class PaymentTable(RequestedPayments payments, IEnumerable<string> columns) : IDisposable
{
    static readonly JsonWriterOptions s_options = new() { SkipValidation = true };

    readonly JsonEncodedText[] _columns = [.. columns.Select(column => JsonEncodedText.Encode(column))];
    readonly ArrayBufferWriter<byte> _record = new(1024);
    readonly Utf8JsonWriter _json = new(Stream.Null, s_options);

    public int Columns => _columns.Length;

    /// <param name="cells">One value a column.</param>
    public void Add(IEnumerable<JsonElement> cells)
    {
        _record.ResetWrittenCount();
        _json.Reset(_record);
        _json.WriteStartObject();
        var column = 0;
        foreach (var cell in cells)
        {
            _json.WritePropertyName(_columns[column++]);
            cell.WriteTo(_json);
        }

        _json.WriteEndObject();
        _json.Flush();
        payments.Add(_record.WrittenSpan);
    }

    public void Dispose() => _json.Dispose();
}
