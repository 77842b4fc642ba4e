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
        var chunk = new SourceChunk(records[0].Partition, records, new TransactionRows(schema, records.Count));
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
            if (_registry is null || RegistrySchemas.IdOf(value) is not { } id)
                reason = _json.Read(value, chunk.Rows);
            else if (_registry.FormOf(id) is not { Unreadable: null } form)
                reason = _registry.FormOf(id).Unreadable;
            else if (form.Avro is null)
                reason = _json.Read(value[RegistrySchemas.Frame..], chunk.Rows);
            else
            {
                writer ??= new Utf8JsonWriter(decoded = new ArrayBufferWriter<byte>(1024), new JsonWriterOptions { SkipValidation = true });
                decoded!.ResetWrittenCount();
                writer.Reset();
                reason = form.Avro.Decode(value[RegistrySchemas.Frame..], writer);
                writer.Flush();
                reason ??= _flat.Read(decoded.WrittenSpan, chunk.Rows);
            }

            if (reason is null)
                chunk.Readable(record);
            else
                chunk.Without(record, reason);
        }

        writer?.Dispose();
        return chunk;
    }
}
