using System.Buffers;

namespace FraudStreams.Model.Schemas;

/// <summary>
/// A batch of transactions as typed cells, 16 bytes each, row by row, beside the bytes they were read from. Storage is pooled and reused:
/// spans it gave out are valid until <see cref="Clear"/>, the next row read into it, or <see cref="Dispose"/>. Not thread-safe for
/// writing; any number may read.
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

    public TransactionSchema Schema { get; }

    public int Count { get; private set; }

    /// <summary>How many of the rows, the first ones, have their window values.</summary>
    public int Advanced => Math.Min(_advanced, Count);

    /// <summary>Empties the table and keeps its storage.</summary>
    public void Clear()
    {
        Count = 0;
        _used = 0;
        _advanced = 0;
    }

    public bool IsMissing(int row, int field) => At(row, field).State <= CellState.Null;

    /// <summary>A number's, whole number's or time's (unix milliseconds) value; NaN where it is missing, and for text.</summary>
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

    /// <summary>A whole number's value, or null where it is missing or of another type.</summary>
    public long? Integer(int row, int field)
    {
        ref readonly var cell = ref At(row, field);
        return cell.State == CellState.Whole ? cell.Bits : null;
    }

    /// <summary>A time's unix milliseconds, or null where it is missing or of another type.</summary>
    public long? Time(int row, int field) => Integer(row, field);

    /// <summary>A text's UTF-8 bytes, unescaped; empty where it is missing or of another type.</summary>
    public ReadOnlySpan<byte> Text(int row, int field)
    {
        ref readonly var cell = ref At(row, field);
        return cell.State == CellState.Text ? _bytes.AsSpan(cell.Start, (int)cell.Bits) : default;
    }

    /// <summary>
    /// A value's characters as the record has them, unescaped, whatever its type: "3.50" where <see cref="Number"/> is 3.5. Empty where it
    /// is missing, and for a number of more than 65,535 characters.
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

    /// <summary>The bytes that the row was read from, unchanged: a JSON object, or a CSV line without its end.</summary>
    public ReadOnlySpan<byte> Source(int row)
    {
        var source = RowAt(row);
        return _bytes.AsSpan(source.Start, source.Length);
    }

    public ReadOnlySpan<byte> Id(int row) => Text(row, Schema.IdField);

    /// <summary>The card's bytes, or the id's where the data has no card: the topic key.</summary>
    public ReadOnlySpan<byte> Key(int row) => Text(row, Schema.KeyField);

    /// <summary>Event time in unix milliseconds.</summary>
    public long EventTime(int row) => At(row, Schema.TimeField).Bits;

    public double Amount(int row) => Number(row, Schema.AmountField);

    /// <summary>What the source says about fraud, or null where it says nothing.</summary>
    public bool? Label(int row) => Schema.LabelField >= 0 && Integer(row, Schema.LabelField) is { } label ? label == 1 : null;

    /// <summary>The value of one of the schema's <see cref="TransactionSchema.WindowFeatures"/>; NaN where it is missing.</summary>
    /// <exception cref="InvalidOperationException">No window state has taken this row in.</exception>
    public double WindowValue(int row, int window)
    {
        if ((uint)row >= (uint)Advanced)
            throw NotAdvanced(row);
        return WindowValues(row)[window];
    }

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
    /// Begins a row: copies what it is read from and gives its cells, all absent. The row is not there before <see cref="Commit"/>;
    /// beginning again forgets it.
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

    /// <summary>Adds bytes to the row begun, such as unescaped text, and says where they are.</summary>
    internal int Append(ReadOnlySpan<byte> bytes)
    {
        var start = _used;
        bytes.CopyTo(Reserve(bytes.Length));
        _used += bytes.Length;
        return start;
    }

    /// <summary>Room for bytes that <see cref="Keep"/> then takes.</summary>
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

    /// <summary>Takes the last row out again.</summary>
    public void RemoveLast()
    {
        Count--;
        _advanced = Advanced;
    }

    /// <summary>
    /// Room for the window values of the rows that have none yet; <see cref="MarkAdvanced"/> then says that they are there.
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
        $"Row {row} has no window values: the features of schema {Schema.Name} look at earlier payments, "
        + "so a WindowState has to take the rows in before they are computed.");

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

    /// <summary>A double's or whole number's bits, or a text's length; and where in the table's bytes it is written.</summary>
    internal struct Cell
    {
        internal long Bits;
        internal int Start;
        internal ushort WrittenLength;
        internal CellState State;
    }

    readonly record struct Row(int Start, int Length, int End);
}
