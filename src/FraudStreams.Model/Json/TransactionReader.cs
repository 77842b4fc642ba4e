using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Json;

/// <summary>
/// Reads transactions as they come: one UTF-8 JSON object a record, flat, its fields in any order, further fields allowed and left alone.
/// Any number of threads may read at once, each into rows of its own.
/// </summary>
public sealed class TransactionReader
{
    readonly JsonRecord _record;

    /// <param name="schema">What the records are.</param>
    /// <param name="longestRecord">Longest record, in bytes, that is read at all.</param>
    public TransactionReader(TransactionSchema schema, int longestRecord = JsonRecord.DefaultLongestRecord)
    {
        Schema = schema;
        _record = new JsonRecord(schema, schema.Fields, TransactionSchema.ReservedNames, longestRecord);
    }

    public TransactionSchema Schema { get; }

    /// <summary>
    /// Adds the record to <paramref name="into"/> as its last row and returns null; or returns why it is not a transaction of this schema
    /// and leaves the rows as they were. Never throws over what a record holds.
    /// </summary>
    public RejectReason? TryRead(ReadOnlySpan<byte> json, TransactionRows into) => _record.Read(json, into);
}
