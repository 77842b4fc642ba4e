using System.Collections.Immutable;
using System.Runtime.InteropServices;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using static FraudStreams.Model.Schemas.TransactionRows;

namespace FraudStreams.Model.Csv;

/// <summary>
/// A CSV file's rows in the order of event time, equal times in the order of the file: whoever computes features over earlier payments has to read them
/// so. A row without a readable time follows the row before it. Of a file that is in order already nothing is held; of any other 64 bytes a row at
/// most while its rows are sorted, and then 32 bytes for each stretch that is read in one go.
/// </summary>
public sealed class CsvTimeOrder
{
    CsvTimeOrder(long rows, ImmutableArray<CsvStretch> stretches) => (Rows, PartitionScans) = (rows, stretches);

    /// <summary>Rows of the file, those that cannot be read included.</summary>
    public long Rows { get; }

    /// <summary>Rows that follow each other in the file as they do in time; one stretch where the whole file does.</summary>
    public ImmutableArray<CsvStretch> PartitionScans { get; }

    /// <summary>Looks at the times of a file's first rows, by default of all.</summary>
    /// <param name="csv">The file, from its first byte; it must be seekable. It stays the caller's.</param>
    /// <exception cref="SchemaException">The first line does not fit the schema.</exception>
    public static CsvTimeOrder Of(Stream csv, TransactionSchema schema, string fileName, long mostRows, CancellationToken cancellationToken)
    {
        using var scan = new Scan(csv, schema, fileName, mostRows, cancellationToken);
        var begin = scan.Next;
        var last = long.MinValue;
        while (scan.TryRead(last, out var time))
        {
            if (time < last)
                return Sorted(scan, begin);
            last = time;
        }

        return new CsvTimeOrder(scan.Rows, [new CsvStretch(begin, scan.Next.Offset)]);
    }

    static CsvTimeOrder Sorted(Scan scan, CsvPosition begin)
    {
        var rows = new List<RowPlace>();
        scan.MoveTo(begin);
        var from = begin;
        for (var last = long.MinValue; scan.TryRead(last, out var time); last = time)
        {
            var next = scan.Next;
            rows.Add(new RowPlace(time, from.Offset, checked((int)(next.Offset - from.Offset)), checked((int)from.Row), checked((int)from.Line)));
            from = next;
        }

        CollectionsMarshal.AsSpan(rows).Sort();
        var stretches = ImmutableArray.CreateBuilder<CsvStretch>();
        for (var first = 0; first < rows.Count;)
        {
            var end = first + 1;
            while (end < rows.Count && rows[end].Row == rows[end - 1].Row + 1)
                end++;
            var (begins, ends) = (rows[first], rows[end - 1]);
            stretches.Add(new CsvStretch(new CsvPosition(begins.Offset, begins.Row, begins.Line), ends.Offset + ends.Length));
            first = end;
        }

        return new CsvTimeOrder(rows.Count, stretches.DrainToImmutable());
    }

    /// <summary>A row's time, and where it is in the file.</summary>
    readonly record struct RowPlace(long Time, long Offset, int Length, int Row, int Line) : IComparable<RowPlace>
    {
        public int CompareTo(RowPlace other) => Time != other.Time ? Time.CompareTo(other.Time) : Row.CompareTo(other.Row);
    }

    /// <summary>Goes over the rows and reads nothing but their times.</summary>
    sealed class Scan : IDisposable
    {
        const int RowsBetweenLooks = 4096;

        readonly TransactionSchema _schema;
        readonly CsvScanner _scanner;
        readonly CsvColumns _columns;
        readonly int _timeColumn;
        readonly long _mostRows;
        readonly CancellationToken _cancellationToken;

        internal Scan(Stream csv, TransactionSchema schema, string fileName, long mostRows, CancellationToken cancellationToken)
        {
            _schema = schema;
            _scanner = new CsvScanner(csv, fileName);
            _columns = CsvColumns.Read(_scanner, schema, fileName);
            _timeColumn = _columns.All.First(column => column.Field == schema.TimeField).Position;
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
            if (Rows++ % RowsBetweenLooks == 0)
                _cancellationToken.ThrowIfCancellationRequested();
            var cell = default(Cell);
            if (_columns.Check(_scanner) is null
                && _scanner[_scanner.Fields[_timeColumn]] is { IsEmpty: false } text
                && FieldText.ReadValue(_schema, _schema.TimeField, _schema.Fields[_schema.TimeField], text, ref cell) is null)
            {
                time = cell.Bits;
            }

            return true;
        }

        public void Dispose() => _scanner.Dispose();
    }
}

/// <summary>Rows of a CSV file that stand one after the other.</summary>
/// <param name="From">Where the first begins.</param>
/// <param name="EndOffset">Bytes from the file's beginning to the end of the last.</param>
public readonly record struct CsvStretch(CsvPosition From, long EndOffset);
