using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Json;

/// <summary>
/// Reads predictions back: what <see cref="PredictionWriter"/> wrote. Any number of threads may read at once, each into its own rows.
/// </summary>
public sealed class PredictionReader
{
    /// <summary>What a prediction has beside its transaction, in the order of <see cref="PredictionRows"/>'s further cells.</summary>
    internal static readonly ImmutableArray<SchemaField> Added =
    [
        new("score", FieldType.Number),
        new("prediction", FieldType.Integer),
        new("model_version", FieldType.Text),
        new("scored_at", FieldType.Time) { TimeFormats = [TimeFormat.Iso8601] },
    ];

    readonly JsonRecord _record;

    public PredictionReader(TransactionSchema schema, int longestRecord = JsonRecord.DefaultLongestRecord)
    {
        Schema = schema;
        _record = new JsonRecord(schema, schema.Fields.AddRange(Added), [], longestRecord);
    }

    public TransactionSchema Schema { get; }

    /// <summary>
    /// Adds the record to <paramref name="into"/> as its last row and returns null; or returns why it is not a prediction of this schema
    /// and leaves the rows as they were. Never throws over what a record holds.
    /// </summary>
    public RejectReason? TryRead(ReadOnlySpan<byte> json, PredictionRows into) => _record.Read(json, into.Transactions);
}

/// <summary>
/// A batch of predictions: the rows of their transactions, and what the model said of each. Pooled as <see cref="TransactionRows"/> is.
/// </summary>
public sealed class PredictionRows : IDisposable
{
    readonly int _score;

    public PredictionRows(TransactionSchema schema, int expectedRows = 512)
    {
        Transactions = new TransactionRows(schema, expectedRows, PredictionReader.Added.Length);
        _score = schema.Fields.Length;
    }

    /// <summary>The transactions' fields; a row's <see cref="TransactionRows.Source"/> is the whole prediction.</summary>
    public TransactionRows Transactions { get; }

    public int Count => Transactions.Count;

    public double Score(int row) => Transactions.Number(row, _score);

    public bool Fraud(int row) => Transactions.At(row, _score + 1).Bits != 0;

    public ReadOnlySpan<byte> ModelVersion(int row) => Transactions.Text(row, _score + 2);

    /// <summary>Unix milliseconds.</summary>
    public long ScoredAt(int row) => Transactions.At(row, _score + 3).Bits;

    /// <summary>
    /// Appends <c>{"amount":"3.50"}</c>: the characters of every value that the schema alone would write otherwise. False, and nothing
    /// appended, where there is none.
    /// </summary>
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

    /// <summary>Takes the last row out again.</summary>
    public void RemoveLast() => Transactions.RemoveLast();

    public void Clear() => Transactions.Clear();

    public void Dispose() => Transactions.Dispose();
}
