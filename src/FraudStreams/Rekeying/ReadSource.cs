using System.Buffers;
using System.Text.Json;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Topics;

namespace FraudStreams.Rekeying;

/// <summary>Reads records of a topic of others, JSON or with schemas of a registry, into rows whose source is the flat JSON of `transactions`.</summary>
sealed class ReadSource(TransactionSchema schema, TopicSettings settings, TimeProvider time) : IDisposable
{
    readonly TransactionReader _json = new(schema, settings.MaxRecordBytes, byPath: true);
    readonly TransactionReader _flat = new(schema, settings.MaxRecordBytes);
    readonly RegistrySchemas? _registry = settings.Registry is { } registry ? new RegistrySchemas(registry, schema, time) : null;

    /// <exception cref="MessageLogException">The schema registry does not answer.</exception>
    public async Task<SourceChunk> ReadAsync(IReadOnlyList<TopicRecord> records)
    {
        if (_registry is not null)
            await _registry.FetchAsync(records);

        // Partitions are read side by side.
        return await Task.Run(() => Read(records));
    }

    public void Dispose() => _registry?.Dispose();

    SourceChunk Read(IReadOnlyList<TopicRecord> records)
    {
        var chunk = new SourceChunk(records, new TransactionRows(schema, records.Count));
        var (decoded, writer) = ((ArrayBufferWriter<byte>?)null, (Utf8JsonWriter?)null);
        for (var record = 0; record < records.Count; record++)
        {
            var value = records[record].Value.Span;
            if (value.IsEmpty)
            {
                chunk.Without(record, null);
                continue;
            }

            RejectReason? reason;
            var (schemaId, frame) = _registry is null ? default : RegistrySchemas.IdOf(records[record]);
            var form = schemaId is { } id ? _registry!.FormOf(id) : null;
            if (form is null)
                reason = _json.Read(value, chunk.Rows);
            else if (form.Unreadable is not null)
                reason = form.Unreadable;
            else if (form.Avro is null)
                reason = _json.Read(value[frame..], chunk.Rows);
            else
            {
                writer ??= new Utf8JsonWriter(decoded = new ArrayBufferWriter<byte>(1024), new JsonWriterOptions { SkipValidation = true });
                decoded!.ResetWrittenCount();
                writer.Reset();
                reason = form.Avro.Decode(value[frame..], writer);
                writer.Flush();
                reason ??= _flat.Read(decoded.WrittenSpan, chunk.Rows);
            }

            reason ??= KeyReason(chunk.Rows);
            if (reason is null)
                chunk.Readable(record);
            else
                chunk.Without(record, reason, form is null or { Avro: null, Unreadable: null } ? frame : null);
        }

        writer?.Dispose();
        return chunk;
    }

    /// <summary>Why the last row cannot be published under its key; null where it can.</summary>
    static RejectReason? KeyReason(TransactionRows rows) => rows.Key(rows.Count - 1).Length is > DeadLetters.LongestKey and var length
        ? new RejectReason(RejectCodes.TooLong, $"the card, or the id, that is its key has {length:N0} bytes; at most {DeadLetters.LongestKey:N0} are taken")
        : null;
}
