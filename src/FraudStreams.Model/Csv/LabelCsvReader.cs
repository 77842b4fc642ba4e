using System.Text;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Csv;

/// <summary>
/// Reads labels from a CSV file whose first line names the columns id, true_value, confirmed_at and confirmed_by, in any order and among
/// others. Not thread-safe. The stream stays the caller's.
/// </summary>
public sealed class LabelCsvReader : IDisposable
{
    readonly CsvScanner _scanner;
    readonly int[] _positions = new int[LabelText.Names.Length];
    readonly int _columns;
    byte[] _undoubled = new byte[256];

    /// <param name="csv">The file, from its first byte.</param>
    /// <param name="fileName">Named in messages; folders are left out of it.</param>
    /// <exception cref="SchemaException">The first line lacks a column.</exception>
    public LabelCsvReader(Stream csv, string fileName)
    {
        _scanner = new CsvScanner(csv, fileName);
        var names = new List<string>();
        if (_scanner.Read())
        {
            foreach (ref readonly var field in _scanner.Fields)
                names.Add(Encoding.UTF8.GetString(Text(field)).Trim());
        }
        _columns = names.Count;
        var problems = new List<string>();
        for (var name = 0; name < _positions.Length; name++)
        {
            _positions[name] = names.IndexOf(LabelText.Names[name]);
            if (_positions[name] < 0)
                problems.Add($"column {LabelText.Names[name]} is missing");
            else if (names.LastIndexOf(LabelText.Names[name]) != _positions[name])
                problems.Add($"column {LabelText.Names[name]} is there twice");
        }
        if (problems.Count == 0)
            return;
        _scanner.Dispose();
        throw new SchemaException(
            $"{Path.GetFileName(fileName)}, line 1", [.. problems, $"a file of labels begins with the line {string.Join(',', LabelText.Names)}"]);
    }

    /// <summary>The line that the last row began on; the file's first line is 1.</summary>
    public long Line => _scanner.LineNumber;

    /// <summary>Bytes of the file that were read, the last row included.</summary>
    public long Offset => _scanner.NextOffset;

    /// <summary>Reads the next row: false at the end of the file; else true, and either a label or the reason why the row is none.</summary>
    public bool TryRead(out Label? label, out RejectReason? reason)
    {
        (label, reason) = (null, null);
        if (!_scanner.Read())
            return false;
        if (_scanner.HasOpenQuote)
            reason = new(RejectCodes.OpenQuote, "a quote is opened and never closed");
        else if (_scanner.Fields.Length != _columns)
            reason = new(RejectCodes.ColumnCount, $"has {_scanner.Fields.Length} columns where the file's first line has {_columns}");
        if (reason is not null)
            return true;
        var text = new LabelText();
        for (var name = 0; name < _positions.Length; name++)
            text.Take(name, Text(_scanner.Fields[_positions[name]]));
        (label, reason) = (text.Label, text.Problems);
        return true;
    }

    public void Dispose() => _scanner.Dispose();

    ReadOnlySpan<byte> Text(in CsvScanner.Field field)
    {
        var text = _scanner[field];
        if (!field.HasDoubledQuotes)
            return text;
        if (_undoubled.Length < text.Length)
            _undoubled = new byte[text.Length];
        return _undoubled.AsSpan(0, CsvScanner.Undouble(text, _undoubled));
    }
}
