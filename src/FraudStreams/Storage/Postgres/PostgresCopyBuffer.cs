using System.Buffers;
using System.Buffers.Binary;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Storage.Postgres;

/// <summary>
/// A batch of predictions in PostgreSQL's binary COPY format (https://www.postgresql.org/docs/15/sql-copy.html, "Binary Format"), in a
/// buffer that is reused: cells are written directly, without an object or a string in between.
/// </summary>
internal sealed class PostgresCopyBuffer(TransactionSchema schema)
{
    /// <summary>PostgreSQL counts microseconds from 2000-01-01.</summary>
    const long EpochUnixMilliseconds = 946_684_800_000;

    const int AddedColumns = 6;

    readonly ArrayBufferWriter<byte> _bytes = new(1 << 16);
    readonly ArrayBufferWriter<byte> _unusual = new(256);

    static ReadOnlySpan<byte> Signature => [(byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xFF, (byte)'\r', (byte)'\n', 0];

    /// <summary>The whole batch; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Write(PredictionRows rows)
    {
        _bytes.ResetWrittenCount();
        _bytes.Write(Signature);
        Int32(0); // flags
        Int32(0); // no extension of the header
        for (var row = 0; row < rows.Count; row++) WriteRow(rows, row);
        Int16(-1);
        return _bytes.WrittenMemory;
    }

    void WriteRow(PredictionRows predictions, int row)
    {
        var rows = predictions.Transactions;
        var fields = schema.Fields;
        Int16((short)(fields.Length + AddedColumns));
        for (var field = 0; field < fields.Length; field++)
        {
            if (rows.IsMissing(row, field)) Null();
            else WriteCell(rows, row, field, fields[field].Type);
        }

        Value(BitConverter.DoubleToInt64Bits(predictions.Score(row)));
        Flag(predictions.Fraud(row));
        Text(predictions.ModelVersion(row));
        Time(predictions.ScoredAt(row));
        _unusual.ResetWrittenCount();
        if (predictions.TryWriteUnusual(row, _unusual)) Text(_unusual.WrittenSpan);
        else Null();
        if (predictions.Reasons(row) is { IsEmpty: false } reasons) Text(reasons);
        else Null();
    }

    void WriteCell(TransactionRows rows, int row, int field, FieldType type)
    {
        switch (type)
        {
            case FieldType.Text:
                Text(rows.Text(row, field));
                break;
            case FieldType.Number:
                Value(BitConverter.DoubleToInt64Bits(rows.Number(row, field)));
                break;
            case FieldType.Integer:
                Value(rows.Integer(row, field)!.Value);
                break;
            default:
                Time(rows.Time(row, field)!.Value);
                break;
        }
    }

    void Null() => Int32(-1);

    void Text(ReadOnlySpan<byte> utf8)
    {
        Int32(utf8.Length);
        _bytes.Write(utf8);
    }

    void Time(long unixMilliseconds) => Value((unixMilliseconds - EpochUnixMilliseconds) * 1000);

    void Value(long value)
    {
        var room = _bytes.GetSpan(12);
        BinaryPrimitives.WriteInt32BigEndian(room, 8);
        BinaryPrimitives.WriteInt64BigEndian(room[4..], value);
        _bytes.Advance(12);
    }

    void Flag(bool value)
    {
        Int32(2);
        Int16(value ? (short)1 : (short)0);
    }

    void Int32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
    }

    void Int16(short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(_bytes.GetSpan(2), value);
        _bytes.Advance(2);
    }
}
