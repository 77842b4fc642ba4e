using System.Buffers;
using System.Text;
using Parquet;
using Parquet.Schema;

namespace FraudStreams.Simulation;

/// <summary>
/// The rows of a Parquet file as CSV text (<see cref="Model.Schemas.CsvFormat.OfTypedColumns"/>), a row group in memory at a time: numbers in the fewest digits
/// that give them back, whole ones without a point; times as ISO 8601 in UTC; a missing value, NaN included, as nothing. A column that is no single value a row
/// stays empty, and the header says so beside its name, so that it is nobody's field.
/// </summary>
sealed class ParquetInput(Stream file) : InputStream
{
    const int BlockRows = 1024;

    readonly ArrayBufferWriter<byte> _text = new(1 << 18);
    ParquetReader? _reader;
    ParquetColumn[] _columns = [];
    int _named;
    int _taken;
    int _groups;
    int _row;
    int _rowsOfGroup;

    /// <exception cref="InvalidDataException">The file is damaged or cut, or has a form that is not read.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (_taken == _text.WrittenCount)
        {
            _text.ResetWrittenCount();
            _taken = 0;
            if (!TryFill())
                return 0;
        }

        var taken = Math.Min(buffer.Length, _text.WrittenCount - _taken);
        _text.WrittenSpan.Slice(_taken, taken).CopyTo(buffer);
        _taken += taken;
        return taken;
    }

    bool TryFill()
    {
        try
        {
            if (_reader is null)
            {
                Open();
                return true;
            }

            // The package reads a stream that is a file here: it waits for no one.
            while (_row == _rowsOfGroup)
            {
                if (_groups == _reader.RowGroupCount)
                    return false;
                var group = _reader.OpenRowGroupReader(_groups++);
                (_row, _rowsOfGroup) = (0, checked((int)group.RowCount));
                foreach (var column in _columns)
                    column.ReadAsync(group).GetAwaiter().GetResult();
            }
        }
        // What the package throws at a damaged file is no part of its contract.
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new InvalidDataException(_groups == 0 ? e.Message : $"row group {_groups}: {e.Message}", e);
        }

        for (var end = Math.Min(_row + BlockRows, _rowsOfGroup); _row < end; _row++)
        {
            for (var column = 0; column < _columns.Length; column++)
            {
                if (column > 0)
                    _text.Write(";"u8);
                _columns[column].Write(_text);
            }

            for (var column = _columns.Length; column < _named; column++)
                _text.Write(";"u8);
            _text.Write("\n"u8);
        }

        return true;
    }

    void Open()
    {
        _reader = ParquetReader.CreateAsync(file, new ParquetOptions { TreatByteArrayAsString = true }, leaveStreamOpen: true).GetAwaiter().GetResult();
        _columns = [.. _reader.Schema.Fields.OfType<DataField>().Select(ParquetColumn.Of).OfType<ParquetColumn>()];
        string[] names = [.. _columns.Select(column => column.Name), .. _reader.Schema.Fields.Where(field => _columns.All(column => column.Name != field.Name))
                .Select(field => $"{field.Name} ({(field is DataField { IsArray: false } single ? single.ClrType.Name : "nested")}, not read)")];
        _named = names.Length;
        _text.Write(Encoding.UTF8.GetBytes(string.Join(';', names.Select(ParquetColumn.Quoted)) + "\n"));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _reader?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        base.Dispose(disposing);
    }
}
