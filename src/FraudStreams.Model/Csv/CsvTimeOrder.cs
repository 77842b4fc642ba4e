using System.Collections.Immutable;
using System.Runtime.InteropServices;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using static FraudStreams.Model.Schemas.TransactionRows;

namespace FraudStreams.Model.Csv;

/// <summary>
/// The rows of a CSV file in event-time order, equal times in file order: window features need this order. A row without a readable time
/// stays behind the row before it. A file that is already in order needs no memory; any other needs at most 64 bytes a row while its rows
/// are sorted, then 32 bytes for each contiguous range.
/// </summary>
public sealed class CsvTimeOrder
{
    CsvTimeOrder(long rows, ImmutableArray<CsvRange> stretches) => (Rows, Ranges) = (rows, stretches);

    /// <summary>Number of rows scanned, rejected rows included.</summary>
    public long Rows { get; }

    /// <summary>Ranges of rows to read one after the other; a single range if the file is in order.</summary>
    public ImmutableArray<CsvRange> Ranges { get; }

    /// <summary>Scans the event times of a file, and sorts its rows if they are out of order.</summary>
    /// <param name="csv">The file, from its first byte; must be seekable. It is not closed.</param>
    /// <param name="schema">The schema of the rows.</param>
    /// <param name="fileName">Used in messages.</param>
    /// <param name="mostRows">Only the first rows, up to this many, are scanned and sorted; <see cref="long.MaxValue"/> for all.</param>
    /// <param name="cancellationToken">Stops the scan.</param>
    /// <param name="format">How the file is written; null for what the schema says.</param>
    /// <exception cref="SchemaException">The header does not fit the schema.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static CsvTimeOrder Of(Stream csv, TransactionSchema schema, string fileName, long mostRows, CancellationToken cancellationToken, CsvFormat? format = null)
    {
        using var scan = new Scan(csv, schema, fileName, mostRows, format ?? schema.Csv, cancellationToken);
        var begin = scan.Next;
        var last = long.MinValue;
        while (scan.TryRead(last, out var time))
        {
            if (time < last)
                return Sorted(scan, begin);
            last = time;
        }

        return new CsvTimeOrder(scan.Rows, [new CsvRange(begin, scan.Next.Offset)]);
    }

    static CsvTimeOrder Sorted(Scan scan, CsvPosition begin)
    {
        var rows = new List<RowPosition>();
        scan.MoveTo(begin);
        var from = begin;
        for (var last = long.MinValue; scan.TryRead(last, out var time); last = time)
        {
            var next = scan.Next;
            rows.Add(new RowPosition(time, from.Offset, checked((int)(next.Offset - from.Offset)), checked((int)from.Row), checked((int)from.Line)));
            from = next;
        }

        CollectionsMarshal.AsSpan(rows).Sort();
        var stretches = ImmutableArray.CreateBuilder<CsvRange>();
        for (var first = 0; first < rows.Count;)
        {
            var end = first + 1;
            while (end < rows.Count && rows[end].Row == rows[end - 1].Row + 1)
                end++;
            var (begins, ends) = (rows[first], rows[end - 1]);
            stretches.Add(new CsvRange(new CsvPosition(begins.Offset, begins.Row, begins.Line), ends.Offset + ends.Length));
            first = end;
        }

        return new CsvTimeOrder(rows.Count, stretches.DrainToImmutable());
    }

    /// <summary>A row's event time and its position in the file.</summary>
    readonly record struct RowPosition(long Time, long Offset, int Length, int Row, int Line) : IComparable<RowPosition>
    {
        public int CompareTo(RowPosition other) => Time != other.Time ? Time.CompareTo(other.Time) : Row.CompareTo(other.Row);
    }

    /// <summary>Reads only the event time of each row.</summary>
    sealed class Scan : IDisposable
    {
        const int CancellationCheckRows = 4096;

        readonly TransactionSchema _schema;
        readonly CsvScanner _scanner;
        readonly CsvColumns _columns;
        readonly CsvColumns.Column _timeColumn;
        readonly long _mostRows;
        readonly CancellationToken _cancellationToken;

        internal Scan(Stream csv, TransactionSchema schema, string fileName, long mostRows, CsvFormat format, CancellationToken cancellationToken)
        {
            _schema = schema;
            _scanner = new CsvScanner(csv, fileName, format);
            _columns = CsvColumns.Read(_scanner, schema, format, fileName);
            _timeColumn = _columns.All.First(column => column.Field == schema.TimeField);
            (_mostRows, _cancellationToken) = (mostRows, cancellationToken);
        }

        internal long Rows { get; private set; }

        internal CsvPosition Next => new(_scanner.NextOffset, Rows, _scanner.NextLine);

        internal void MoveTo(CsvPosition position)
        {
            _scanner.MoveTo(position.Offset, position.Line);
            Rows = position.Row;
        }

        internal bool TryRead(long lastTime, out long time)
        {
            time = lastTime;
            if (Rows >= _mostRows || !_scanner.Read())
                return false;
            if (Rows++ % CancellationCheckRows == 0)
                _cancellationToken.ThrowIfCancellationRequested();
            var cell = default(Cell);
            Span<byte> changed = stackalloc byte[CsvValue.Longest];
            if (_columns.Check(_scanner) is null
                && _columns.Value(_timeColumn, _scanner[_scanner.Fields[_timeColumn.Position]], changed) is { IsEmpty: false } text
                && FieldText.ReadValue(_schema, _schema.TimeField, _schema.Fields[_schema.TimeField], text, ref cell) is null)
            {
                time = cell.Bits;
            }

            return true;
        }

        public void Dispose() => _scanner.Dispose();
    }
}

/// <summary>A contiguous range of rows in a CSV file.</summary>
/// <param name="From">Position of the first row.</param>
/// <param name="EndOffset">Byte offset of the end of the last row, from the start of the file.</param>
public readonly record struct CsvRange(CsvPosition From, long EndOffset);
