using System.Buffers;
using System.Globalization;
using System.Text;
using Parquet;
using Parquet.Schema;

namespace FraudStreams.Simulation;

/// <summary>A column of single values in a Parquet file, written row by row as cells of CSV text.</summary>
abstract class ParquetColumn(DataField column)
{
    const long Exact = 1L << 53;

    public string Name => column.Name;

    private protected DataField Field => column;

    /// <summary>Null for a type that is not read.</summary>
    public static ParquetColumn? Of(DataField field)
    {
        if (field.IsArray || field.MaxRepetitionLevel > 0)
            return null;
        return field.ClrType switch
        {
            var type when type == typeof(ReadOnlyMemory<char>) => new Column<ReadOnlyMemory<char>>(field, WriteText),
            var type when type == typeof(double) => new Column<double>(field, WriteDouble),
            var type when type == typeof(float) => new Column<float>(field, WriteSingle),
            var type when type == typeof(DateTime) => new Column<DateTime>(field, WriteTime),
            var type when type == typeof(bool) => new Column<bool>(field, static (value, into) => into.Write(value ? "true"u8 : "false"u8)),
            var type when type == typeof(int) => Formatted<int>(field),
            var type when type == typeof(long) => Formatted<long>(field),
            var type when type == typeof(short) => Formatted<short>(field),
            var type when type == typeof(sbyte) => Formatted<sbyte>(field),
            var type when type == typeof(uint) => Formatted<uint>(field),
            var type when type == typeof(ulong) => Formatted<ulong>(field),
            var type when type == typeof(ushort) => Formatted<ushort>(field),
            var type when type == typeof(byte) => Formatted<byte>(field),
            var type when type == typeof(decimal) => Formatted<decimal>(field),
            var type when type == typeof(Guid) => Formatted<Guid>(field),
            _ => null,
        };
    }

    /// <summary>A text as a cell.</summary>
    public static string Quoted(string text) => text.AsSpan().ContainsAny(";\"\r\n") ? $"\"{text.Replace("\"", "\"\"")}\"" : text;

    /// <summary>Reads the column's values of a row group; <see cref="Write(IBufferWriter{byte})"/> then writes its first row's.</summary>
    public abstract Task ReadAsync(ParquetRowGroupReader group);

    /// <summary>Writes the next row's value.</summary>
    public abstract void Write(IBufferWriter<byte> into);

    static Column<T> Formatted<T>(DataField field)
        where T : struct, IUtf8SpanFormattable => new(field, static (value, into) => Write(value, into));

    static void Write<T>(T value, IBufferWriter<byte> into, ReadOnlySpan<char> format = default)
        where T : struct, IUtf8SpanFormattable
    {
        value.TryFormat(into.GetSpan(64), out var written, format, CultureInfo.InvariantCulture);
        into.Advance(written);
    }

    /// <summary>A card number that pandas made a double, because one was missing, has its digits and no exponent.</summary>
    static void WriteDouble(double value, IBufferWriter<byte> into)
    {
        if (double.IsNaN(value))
            return;
        if (Math.Abs(value) < Exact && value == Math.Floor(value) && !(value == 0 && double.IsNegative(value)))
            Write((long)value, into);
        else
            Write(value, into, "R");
    }

    static void WriteSingle(float value, IBufferWriter<byte> into)
    {
        if (!float.IsNaN(value))
            Write(value, into, "R");
    }

    static void WriteTime(DateTime value, IBufferWriter<byte> into) => Write(value, into, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'");

    static void WriteText(ReadOnlyMemory<char> value, IBufferWriter<byte> into)
    {
        var text = value.Span;
        if (text.ContainsAny(";\"\r\n"))
            text = Quoted(text.ToString());
        into.Advance(Encoding.UTF8.GetBytes(text, into.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
    }

    sealed class Column<T>(DataField field, Action<T, IBufferWriter<byte>> write) : ParquetColumn(field)
        where T : struct
    {
        T[] _values = [];
        int[] _levels = [];
        int _row;
        int _value;

        public override async Task ReadAsync(ParquetRowGroupReader group)
        {
            var rows = checked((int)group.RowCount);
            if (_values.Length < rows)
                (_values, _levels) = (new T[rows], new int[rows]);
            (_row, _value) = (0, 0);

            // A conditional of null would be empty memory, which the package takes for levels that are too few.
            Memory<int>? levels = null;
            if (Field.MaxDefinitionLevel > 0)
                levels = _levels.AsMemory(0, rows);
            await group.ReadRawAsync(Field, _values.AsMemory(0, rows), levels, null);
        }

        public override void Write(IBufferWriter<byte> into)
        {
            if (Field.MaxDefinitionLevel == 0 || _levels[_row] == Field.MaxDefinitionLevel)
                write(_values[_value++], into);
            _row++;
        }
    }
}
