using System.Buffers;

namespace FraudStreams.Model.Schemas;

/// <summary>
/// A batch of transactions: typed cells of 16 bytes, row-major, with the bytes that each row was parsed from. Buffers are pooled and reused:
/// spans are valid until <see cref="Clear"/>, the next row, or <see cref="Dispose"/>. Several threads may read, one may write. Accessors throw
/// <see cref="ArgumentOutOfRangeException"/> for a row or field that does not exist; fields are indices in <see
/// cref="TransactionSchema.Fields"/>.
/// </summary>
public sealed class TransactionRows : IDisposable
{
    readonly int _width;
    Cell[] _cells;
    Row[] _rows;
    byte[] _bytes;
    double[] _windows = [];
    int _advanced;
    int _used;

    /// <summary>Creates an empty batch.</summary>
    /// <param name="schema">The schema of the rows.</param>
    /// <param name="expectedRows">Initial capacity in rows; it grows as needed.</param>
    public TransactionRows(TransactionSchema schema, int expectedRows = 512)
        : this(schema, expectedRows, extraCells: 0)
    {
    }

    internal TransactionRows(TransactionSchema schema, int expectedRows, int extraCells)
    {
        Schema = schema;
        _width = schema.Fields.Length + extraCells;
        _cells = ArrayPool<Cell>.Shared.Rent(Math.Max(1, expectedRows) * _width);
        _rows = ArrayPool<Row>.Shared.Rent(Math.Max(1, expectedRows));
        _bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, expectedRows) * 512);
    }

    /// <summary>The schema of the rows.</summary>
    public TransactionSchema Schema { get; }

    /// <summary>Number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>Number of leading rows that have their window values.</summary>
    public int Advanced => Math.Min(_advanced, Count);

    /// <summary>Removes all rows and keeps the buffers.</summary>
    public void Clear()
    {
        Count = 0;
        _used = 0;
        _advanced = 0;
    }

    /// <summary>Whether the row has no value in the field.</summary>
    public bool IsMissing(int row, int field) => At(row, field).State <= CellState.Null;

    /// <summary>The value of a number, whole number or time (in Unix milliseconds); NaN if it is missing, and for text.</summary>
    public double Number(int row, int field)
    {
        ref readonly var cell = ref At(row, field);
        return cell.State switch
        {
            CellState.Number => BitConverter.Int64BitsToDouble(cell.Bits),
            CellState.Whole => cell.Bits,
            _ => double.NaN,
        };
    }

    /// <summary>The value of a whole number; null if it is missing or of another type.</summary>
    public long? Integer(int row, int field)
    {
        ref readonly var cell = ref At(row, field);
        return cell.State == CellState.Whole ? cell.Bits : null;
    }

    /// <summary>The value of a time, in Unix milliseconds; null if it is missing or of another type.</summary>
    public long? Time(int row, int field) => Integer(row, field);

    /// <summary>The UTF-8 bytes of a text, unescaped; empty if it is missing or of another type.</summary>
    public ReadOnlySpan<byte> Text(int row, int field)
    {
        ref readonly var cell = ref At(row, field);
        return cell.State == CellState.Text ? _bytes.AsSpan(cell.Start, (int)cell.Bits) : default;
    }

    /// <summary>
    /// The text of a value in the record, unescaped, for any type: "3.50" where <see cref="Number"/> is 3.5. Empty if it is missing, and for a number
    /// of more than 65,535 characters.
    /// </summary>
    public ReadOnlySpan<byte> Written(int row, int field)
    {
        ref readonly var cell = ref At(row, field);
        return cell.State switch
        {
            CellState.Text => Text(row, field),
            CellState.Number or CellState.Whole => _bytes.AsSpan(cell.Start, cell.WrittenLength),
            _ => default,
        };
    }

    /// <summary>
    /// The bytes that the row was parsed from: a JSON object, or a CSV record without its line end. Of a record that was read by paths, the flat JSON object
    /// with the schema's names.
    /// </summary>
    public ReadOnlySpan<byte> Source(int row)
    {
        var source = RowAt(row);
        return _bytes.AsSpan(source.Start, source.Length);
    }

    /// <summary>The transaction's id, in UTF-8.</summary>
    public ReadOnlySpan<byte> Id(int row) => Text(row, Schema.IdField);

    /// <summary>The topic key, in UTF-8: the card, or the id if the data has no card.</summary>
    public ReadOnlySpan<byte> Key(int row) => Text(row, Schema.KeyField);

    /// <summary>The event time, in Unix milliseconds.</summary>
    public long EventTime(int row) => At(row, Schema.TimeField).Bits;

    /// <summary>The amount, in the unit of the data.</summary>
    public double Amount(int row) => Number(row, Schema.AmountField);

    /// <summary>The label of the source; null if it has none.</summary>
    public bool? Label(int row) => Schema.LabelField >= 0 && Integer(row, Schema.LabelField) is { } label ? label == 1 : null;

    /// <summary>The value of a window feature; NaN if it is missing.</summary>
    /// <param name="row">Index of the row.</param>
    /// <param name="window">Index in <see cref="TransactionSchema.WindowFeatures"/>.</param>
    /// <exception cref="InvalidOperationException">The row has no window values yet: call <c>WindowState.Advance</c> first.</exception>
    public double WindowValue(int row, int window)
    {
        if ((uint)row >= (uint)Advanced)
            throw NotAdvanced(row);
        return WindowValues(row)[window];
    }

    /// <summary>Returns the buffers to their pools. The batch is then empty and cannot be used again.</summary>
    public void Dispose()
    {
        if (_bytes.Length == 0)
            return;
        if (_windows.Length > 0)
            ArrayPool<double>.Shared.Return(_windows);
        _windows = [];
        ArrayPool<Cell>.Shared.Return(_cells);
        ArrayPool<Row>.Shared.Return(_rows);
        ArrayPool<byte>.Shared.Return(_bytes);
        (_cells, _rows, _bytes) = ([], [], []);
        Clear();
    }

    /// <summary>
    /// Begins a row: copies its source bytes and returns its cells, all absent. The row is added by <see cref="Commit"/>; beginning another row
    /// discards it.
    /// </summary>
    internal Span<Cell> Begin(ReadOnlySpan<byte> source, out int start)
    {
        ObjectDisposedException.ThrowIf(_bytes.Length == 0, this);
        _used = Count == 0 ? 0 : _rows[Count - 1].End;
        start = Append(source);
        if (Count == _rows.Length)
            Grow(ref _rows, Count, Count + 1);
        if ((Count + 1) * _width > _cells.Length)
            Grow(ref _cells, Count * _width, (Count + 1) * _width);
        _rows[Count] = new Row(start, source.Length, 0);
        var cells = _cells.AsSpan(Count * _width, _width);
        cells.Clear();
        return cells;
    }

    /// <summary>Appends bytes to the current row, such as unescaped text, and returns their index.</summary>
    internal int Append(ReadOnlySpan<byte> bytes)
    {
        var start = _used;
        bytes.CopyTo(Reserve(bytes.Length));
        _used += bytes.Length;
        return start;
    }

    /// <summary>Reserves bytes for the current row; <see cref="Keep"/> then appends those that were used.</summary>
    internal Span<byte> Reserve(int length)
    {
        if (length > _bytes.Length - _used)
            Grow(ref _bytes, _used, checked(_used + length));
        return _bytes.AsSpan(_used, length);
    }

    internal int Keep(int length)
    {
        var start = _used;
        _used += length;
        return start;
    }

    /// <summary>Removes the last row.</summary>
    public void RemoveLast()
    {
        Count--;
        _advanced = Advanced;
    }

    /// <summary>
    /// Makes room for the window values of the rows that have none yet. Call <see cref="MarkAdvanced"/> once they are written.
    /// </summary>
    internal void MakeRoomForWindows()
    {
        var width = Schema.WindowFeatures.Length;
        if (Count * width <= _windows.Length)
            return;
        var larger = ArrayPool<double>.Shared.Rent(Math.Min(_rows.Length, Array.MaxLength / width) * width);
        _windows.AsSpan(0, Advanced * width).CopyTo(larger);
        if (_windows.Length > 0)
            ArrayPool<double>.Shared.Return(_windows);
        _windows = larger;
    }

    internal Span<double> WindowValues(int row) =>
        _windows.AsSpan(row * Schema.WindowFeatures.Length, Schema.WindowFeatures.Length);

    internal void MarkAdvanced(int rows) => _advanced = Math.Max(_advanced, rows);

    internal InvalidOperationException NotAdvanced(int row) => new(
        $"Row {row} has no window values: schema {Schema.Name} has window features, "
        + "so WindowState.Advance must be called before the features are computed.");

    /// <summary>Gives the current row other source bytes than it was parsed from: the last ones that were appended. The cells stay where they are.</summary>
    internal void ReplaceSource(int start, int length) => _rows[Count] = new Row(start, length, 0);

    internal void Commit()
    {
        _rows[Count] = _rows[Count] with { End = _used };
        Count++;
    }

    internal ref readonly Cell At(int row, int field)
    {
        if ((uint)row >= (uint)Count || (uint)field >= (uint)_width)
            throw new ArgumentOutOfRangeException(nameof(row), $"row {row}, field {field} of {Count} rows of {_width} fields");
        return ref _cells[(row * _width) + field];
    }

    Row RowAt(int row) =>
        (uint)row < (uint)Count ? _rows[row] : throw new ArgumentOutOfRangeException(nameof(row), $"row {row} of {Count} rows");

    static void Grow<T>(ref T[] array, int used, int needed)
    {
        var larger = ArrayPool<T>.Shared.Rent(Math.Max(needed, (int)Math.Min(array.Length * 2L, Array.MaxLength)));
        array.AsSpan(0, used).CopyTo(larger);
        ArrayPool<T>.Shared.Return(array);
        array = larger;
    }

    internal enum CellState : byte
    {
        Absent,
        Null,
        Number,
        Whole,
        Text,
    }

    /// <summary>The bits of a double or whole number, or the length of a text; and the index of its text in the batch's bytes.</summary>
    internal struct Cell
    {
        internal long Bits;
        internal int Start;
        internal ushort WrittenLength;
        internal CellState State;
    }

    readonly record struct Row(int Start, int Length, int End);
}
