using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Json;

/// <summary>
/// Reads records of topic `transactions`: one UTF-8 JSON object each, flat, with its fields in any order; further fields are ignored. A reader of a topic of
/// others takes fields from where their paths say. Several threads may read at once, each into its own rows.
/// </summary>
public sealed class TransactionReader
{
    readonly JsonRecord _record;

    /// <summary>Creates a reader of transactions of one schema.</summary>
    /// <param name="schema">The schema of the records.</param>
    /// <param name="longestRecord">Longest record, in bytes, that is parsed; at least 2. Longer ones are rejected.</param>
    /// <param name="refusesUnknown">Whether a record with a further field is rejected, instead of ignoring the field.</param>
    /// <param name="byPath">Whether fields are where <see cref="SchemaField.From"/> says. A row's source is then a flat object with the schema's names, and
    /// without other fields.</param>
    public TransactionReader(
        TransactionSchema schema, int longestRecord = JsonRecord.DefaultLongestRecord, bool refusesUnknown = false, bool byPath = false)
    {
        Schema = schema;
        _record = new JsonRecord(schema, schema.Fields, TransactionSchema.ReservedNames, longestRecord, refusesUnknown, byPath);
    }

    /// <summary>The schema of the records.</summary>
    public TransactionSchema Schema { get; }

    /// <summary>
    /// Parses a record and appends it to <paramref name="into"/>. Never throws because of a record's content.
    /// </summary>
    /// <param name="json">The record, in UTF-8.</param>
    /// <param name="into">Rows of the same schema; unchanged if the record is rejected.</param>
    /// <returns>Null, or why the record is not a transaction of this schema.</returns>
    public RejectReason? Read(ReadOnlySpan<byte> json, TransactionRows into) => _record.Read(json, into);
}
