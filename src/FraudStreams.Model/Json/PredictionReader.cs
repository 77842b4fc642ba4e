using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Json;

/// <summary>
/// Reads prediction records, as <see cref="PredictionWriter"/> writes them. Several threads may read at once, each into its own rows.
/// </summary>
public sealed class PredictionReader
{
    /// <summary>The fields that a prediction adds to its transaction, in the order of the extra cells of <see cref="PredictionRows"/>.</summary>
    internal static readonly ImmutableArray<SchemaField> Added =
    [
        new("score", FieldType.Number),
        new("prediction", FieldType.Integer),
        new("model_version", FieldType.Text),
        new("scored_at", FieldType.Time) { TimeFormats = [TimeFormat.Iso8601] },
    ];

    readonly JsonRecord _record;

    /// <summary>Creates a reader of predictions of one schema.</summary>
    /// <param name="schema">The schema of the transactions.</param>
    /// <param name="longestRecord">Longest record, in bytes, that is parsed; at least 2. Longer ones are rejected.</param>
    public PredictionReader(TransactionSchema schema, int longestRecord = JsonRecord.DefaultLongestRecord)
    {
        Schema = schema;
        _record = new JsonRecord(schema, schema.Fields.AddRange(Added), [], longestRecord);
    }

    /// <summary>The schema of the transactions.</summary>
    public TransactionSchema Schema { get; }

    /// <summary>
    /// Parses a record and appends it to <paramref name="into"/>. Never throws because of a record's content.
    /// </summary>
    /// <param name="json">The record, in UTF-8.</param>
    /// <param name="into">Rows of the same schema; unchanged if the record is rejected.</param>
    /// <returns>Null, or why the record is not a prediction of this schema.</returns>
    public RejectReason? Read(ReadOnlySpan<byte> json, PredictionRows into) => _record.Read(json, into.Transactions);
}

/// <summary>
/// A batch of predictions: the rows of their transactions, and the model's output for each. Pooled like <see cref="TransactionRows"/>, with the
/// same lifetime of spans.
/// </summary>
public sealed class PredictionRows : IDisposable
{
    readonly int _score;

    /// <summary>Creates an empty batch.</summary>
    /// <param name="schema">The schema of the transactions.</param>
    /// <param name="expectedRows">Initial capacity in rows; it grows as needed.</param>
    public PredictionRows(TransactionSchema schema, int expectedRows = 512)
    {
        Transactions = new TransactionRows(schema, expectedRows, PredictionReader.Added.Length);
        _score = schema.Fields.Length;
    }

    /// <summary>The transactions' fields; a row's <see cref="TransactionRows.Source"/> is the whole prediction record.</summary>
    public TransactionRows Transactions { get; }

    /// <summary>Number of predictions.</summary>
    public int Count => Transactions.Count;

    /// <summary>The fraud score; 0..1 if the record was written by <see cref="PredictionWriter"/>.</summary>
    public double Score(int row) => Transactions.Number(row, _score);

    /// <summary>Whether the payment was predicted a fraud.</summary>
    public bool Fraud(int row) => Transactions.At(row, _score + 1).Bits != 0;

    /// <summary>Name of the model version that scored it, in UTF-8.</summary>
    public ReadOnlySpan<byte> ModelVersion(int row) => Transactions.Text(row, _score + 2);

    /// <summary>When it was scored, in Unix milliseconds.</summary>
    public long ScoredAt(int row) => Transactions.At(row, _score + 3).Bits;

    /// <summary>The JSON array of the reasons of a predicted fraud, as the record has it; empty if it has none.</summary>
    public ReadOnlySpan<byte> Reasons(int row) => Fraud(row) ? PredictionField.Find(Transactions.Source(row), "reasons"u8) : default;

    /// <summary>
    /// Appends <c>{"amount":"3.50"}</c>: the source text of every value whose text is not canonical, so that an export can reproduce it.
    /// </summary>
    /// <param name="row">Index of the row.</param>
    /// <param name="into">Receives the UTF-8 JSON object.</param>
    /// <returns>False, and nothing is appended, if every text is canonical.</returns>
    public bool TryWriteUnusual(int row, IBufferWriter<byte> into)
    {
        Utf8JsonWriter? json = null;
        var fields = Transactions.Schema.Fields;
        for (var field = 0; field < fields.Length; field++)
        {
            if (fields[field].Type == FieldType.Text || Transactions.IsMissing(row, field))
                continue;
            var written = Transactions.Written(row, field);
            if (written.IsEmpty || CanonicalText.Is(fields[field], written, Transactions.At(row, field).Bits))
                continue;
            if (json is null)
            {
                json = new Utf8JsonWriter(into);
                json.WriteStartObject();
            }
            json.WriteString(fields[field].Utf8Name, written);
        }
        if (json is null)
            return false;
        json.WriteEndObject();
        json.Dispose();
        return true;
    }

    /// <summary>Removes the last row.</summary>
    public void RemoveLast() => Transactions.RemoveLast();

    /// <summary>Removes all rows and keeps the buffers.</summary>
    public void Clear() => Transactions.Clear();

    /// <summary>Returns the buffers to their pools.</summary>
    public void Dispose() => Transactions.Dispose();
}
