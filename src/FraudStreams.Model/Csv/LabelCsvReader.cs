using System.Text;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Csv;

/// <summary>
/// Reads labels from a CSV file (RFC 4180, UTF-8) whose header has the columns id, true_value (1 or 0), confirmed_at (ISO 8601,
/// yyyy-MM-dd HH:mm:ss or yyyy-MM-dd, UTC) and confirmed_by, in any order and case; other columns are ignored. Not thread-safe. Does not close the
/// stream.
/// </summary>
public sealed class LabelCsvReader : IDisposable
{
    /// <summary>As <see cref="LabelText.Names"/>.</summary>
    static readonly (CsvValueKind Kind, SchemaField Field)[] Values =
    [
        (CsvValueKind.Identity, new("id", FieldType.Text)),
        (CsvValueKind.Label, new("true_value", FieldType.Integer)),
        (CsvValueKind.DateTime, new("confirmed_at", FieldType.Time) { TimeFormats = [TimeFormat.Iso8601] }),
        (CsvValueKind.Text, new("confirmed_by", FieldType.Text)),
    ];

    readonly CsvScanner _scanner;
    readonly CsvValue[] _values;
    readonly int[] _positions = new int[LabelText.Names.Length];
    readonly int _columns;
    readonly byte[] _changed = new byte[CsvValue.Longest];
    byte[] _undoubled = new byte[256];

    /// <summary>Reads the header line.</summary>
    /// <param name="csv">The file, from its first byte.</param>
    /// <param name="fileName">Used in messages, without its folders.</param>
    /// <param name="format">How the file is written.</param>
    /// <exception cref="SchemaException">A column is missing or appears twice; lists every problem.</exception>
    public LabelCsvReader(Stream csv, string fileName, CsvFormat format)
    {
        _scanner = new CsvScanner(csv, fileName, format);
        _values = [.. Values.Select(value => new CsvValue(value.Kind, false, DeclaredCsvValue.Of(value.Kind, value.Field, format)))];
        var names = new List<string>();
        if (_scanner.Read())
        {
            foreach (ref readonly var field in _scanner.Fields)
                names.Add(Encoding.UTF8.GetString(Text(field)).Trim().Replace(' ', '_').ToLowerInvariant());
        }
        _columns = names.Count;
        var problems = new List<string>();
        for (var name = 0; name < _positions.Length; name++)
        {
            _positions[name] = names.IndexOf(LabelText.Names[name]);
            if (_positions[name] < 0)
                problems.Add($"column {LabelText.Names[name]} is missing");
            else if (names.LastIndexOf(LabelText.Names[name]) != _positions[name])
                problems.Add($"column {LabelText.Names[name]} appears twice");
        }
        if (problems.Count == 0)
            return;
        _scanner.Dispose();
        throw new SchemaException(
            $"{Path.GetFileName(fileName)}, line 1", [.. problems, $"a file of labels begins with the line {string.Join(',', LabelText.Names)}"]);
    }

    /// <summary>Number of the line on which the last row began; the header line is 1.</summary>
    public long Line => _scanner.LineNumber;

    /// <summary>Byte offset of the end of the last row read.</summary>
    public long Offset => _scanner.NextOffset;

    /// <summary>Reads the next row.</summary>
    /// <param name="label">The label; null if the row was rejected.</param>
    /// <param name="reason">Why the row was rejected; null if it is a label.</param>
    /// <returns>False at the end of the file, true after a row, valid or rejected.</returns>
    /// <exception cref="InvalidDataException">A line is longer than 256 MiB.</exception>
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
            text.Set(name, _values[name].Read(Text(_scanner.Fields[_positions[name]]), _scanner.Separator, _changed));
        (label, reason) = (text.Label, text.Problems);
        return true;
    }

    /// <summary>Returns the read buffer to its pool.</summary>
    public void Dispose() => _scanner.Dispose();

    ReadOnlySpan<byte> Text(in CsvScanner.Field field)
    {
        var text = _scanner[field];
        if (!field.HasDoubledQuotes)
            return text;
        if (_undoubled.Length < text.Length)
            _undoubled = new byte[text.Length];
        return _undoubled.AsSpan(0, _scanner.Undouble(text, _undoubled));
    }
}
