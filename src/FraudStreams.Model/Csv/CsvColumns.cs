using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Csv;

/// <summary>The columns of a CSV file, as its header line names them, matched to the fields of a schema.</summary>
sealed class CsvColumns
{
    readonly byte _separator;
    readonly int _named;

    CsvColumns(ImmutableArray<Column> columns, byte separator, int named, int count) => (All, _separator, _named, Count) = (columns, separator, named, count);

    /// <param name="Position">Index in the line, from 0.</param>
    /// <param name="Field">Index of the field in the schema, or −1 for a column that is not in the schema.</param>
    /// <param name="JsonName">The UTF-8 bytes of <c>"name":</c>.</param>
    /// <param name="Value">How its values are read.</param>
    internal readonly record struct Column(int Position, int Field, byte[] JsonName, CsvValue Value);

    /// <summary>The columns in file order, without the index column.</summary>
    internal ImmutableArray<Column> All { get; }

    /// <summary>Columns in a line, including the index column and those without a name at the end.</summary>
    internal int Count { get; }

    /// <summary>Reads the header line.</summary>
    /// <param name="csv">How the file is written.</param>
    /// <param name="besides">A column that may stand beside the schema's although its name is reserved.</param>
    /// <exception cref="SchemaException">Lists every column that is missing, unnamed, duplicate or reserved.</exception>
    internal static CsvColumns Read(CsvScanner scanner, TransactionSchema schema, CsvFormat csv, string file, string? besides = null)
    {
        if (!scanner.Read())
            throw new SchemaException(file, ["is empty; its first line must name the columns"]);
        var subject = $"{file}, line {scanner.LineNumber}";
        if (scanner.Line.StartsWith("\xFF\xFE"u8) || scanner.Line.Contains((byte)0))
            throw new SchemaException(subject, ["is not UTF-8 text (UTF-16, or no text at all); save the file as UTF-8"]);

        if (scanner.Line.IndexOf((byte)'\r') is >= 0 and var first && !scanner.Line[..first].Contains((byte)'"'))
            throw new SchemaException(subject, ["its lines end in CR alone; give them LF, for example with tr '\\r' '\\n'"]);

        var names = Names(scanner);
        var fields = FieldsOf(names, schema);
        var columns = ImmutableArray.CreateBuilder<Column>();
        var problems = new List<string>();
        var seen = new HashSet<string>();

        // A separator at the end of every line makes a column without a name: nothing stands in it.
        var named = names.Length;
        while (named > 1 && names[named - 1].Length == 0)
            named--;
        for (var position = 0; position < named; position++)
        {
            var (name, field) = (names[position], fields[position]);
            if (name.Length == 0 && position == 0 && schema.DropsIndexColumn)
                continue;
            if (field >= 0)
                name = schema.Fields[field].Name;
            if (name.Length == 0)
                problems.Add(
                    $"column {position + 1} has no name; a row index is left out where the schema says index-column = drop, or where it is not written: " +
                    "index=False in pandas, row.names=FALSE in R");
            else if (!seen.Add(name))
                problems.Add($"column {name} appears twice");
            else if (name != besides && TransactionSchema.ReservedNames.Contains(name))
                problems.Add($"column {name} has a reserved name");
            else if (schema.Roles.IdFromRow && name == schema.Roles.Id)
                problems.Add($"column {name} exists, but the schema makes {name} from the row; name the column as id in the schema");
            columns.Add(new Column(
                position, field, Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(name)}\":"), field < 0 ? default : CsvValue.Of(schema, field, csv)));
        }
        var missing = Missing(fields, schema);
        if (missing.Count > 0)
        {
            problems.Add(
                (missing is [var only] ? $"column {only} of schema {schema.Name} is missing; "
                    : $"columns {string.Join(", ", missing)} of schema {schema.Name} are missing; ") +
                (columns.Any(c => c.Field >= 0) ? $"the line has {string.Join(", ", seen)}"
                    : csv.Separator is { } declared && LineSeparator.Of(scanner.Line) is var found && found != declared
                        ? $"csv.separator of the schema is {LineSeparator.NameOf((byte)declared)}, and the line has {LineSeparator.NameOf(found)}s"
                    : "does the file begin with a line of column names, separated by commas, semicolons, tabs or bars?"));
        }
        return problems.Count == 0
            ? new CsvColumns(columns.ToImmutable(), scanner.Separator, named, names.Length)
            : throw new SchemaException(subject, problems);
    }

    /// <summary>The names of the scanner's current record, without blanks around them.</summary>
    internal static ImmutableArray<string> Names(CsvScanner scanner)
    {
        var names = ImmutableArray.CreateBuilder<string>();
        foreach (ref readonly var field in scanner.Fields)
            names.Add(Name(scanner, field));
        return names.ToImmutable();
    }

    /// <summary>
    /// For each column the index of its field, or −1. A name that differs in case alone, or has blanks, points or dashes for underscores, as tools make
    /// them, is the field's unless another column has the name itself.
    /// </summary>
    internal static int[] FieldsOf(ImmutableArray<string> names, TransactionSchema schema)
    {
        var fields = names.Select(schema.IndexOf).ToArray();
        var alike = schema.Fields.Select((field, index) => (Name: Alike(field.Name), index))
            .Where(field => !schema.Roles.IdFromRow || field.index != schema.IdField).GroupBy(field => field.Name)
            .Where(of => of.Count() == 1).ToDictionary(of => of.Key, of => of.First().index);
        for (var column = 0; column < fields.Length; column++)
        {
            if (fields[column] < 0 && alike.TryGetValue(Alike(names[column]), out var field) && !names.Contains(schema.Fields[field].Name))
                fields[column] = field;
        }
        return fields;
    }

    /// <summary>The fields that a file must have a column for and has none.</summary>
    internal static List<string> Missing(int[] fields, TransactionSchema schema) =>
        [.. schema.Fields
            .Where((f, index) => !f.Optional && !fields.Contains(index) && !(schema.Roles.IdFromRow && f.Name == schema.Roles.Id))
            .Select(f => f.Name)];

    static string Alike(string name) => name.Replace(' ', '_').Replace('.', '_').Replace('-', '_').ToUpperInvariant();

    /// <summary>A value of the scanner's current record as its field takes it; the scanner's own bytes where it is written so.</summary>
    /// <param name="column">One with a field.</param>
    /// <param name="text">Without quotes.</param>
    /// <param name="into">At least <see cref="CsvValue.Longest"/> bytes.</param>
    internal ReadOnlySpan<byte> Value(scoped in Column column, ReadOnlySpan<byte> text, Span<byte> into) => column.Value.Read(text, _separator, into);

    /// <summary>Why the scanner's current record cannot be split into the header's columns; null if it can.</summary>
    internal RejectReason? Check(CsvScanner scanner)
    {
        if (scanner.HasOpenQuote)
            return new(RejectCodes.OpenQuote, $"line {scanner.LineNumber}: a quote is opened and never closed");
        if (scanner.Fields.Length != Count)
        {
            return new(
                RejectCodes.ColumnCount,
                $"line {scanner.LineNumber}: has {scanner.Fields.Length} columns where the file's first line has {Count}" +
                (scanner.Fields.Length == Count + 1 ? ": a text with the separator in it needs quotes, and row names a column name" : ""));
        }
        for (var position = _named; position < Count; position++)
        {
            if (scanner.Fields[position].Length > 0)
                return new(RejectCodes.ColumnCount, $"line {scanner.LineNumber}: has a value in column {position + 1}, which has no name");
        }
        return null;
    }

    /// <summary>The name of the first field of the scanner's current record that is not UTF-8 text; null where none of the schema is.</summary>
    internal string? FirstNotUtf8(CsvScanner scanner, TransactionSchema schema)
    {
        foreach (var column in All)
        {
            if (column.Field >= 0 && !Utf8.IsValid(scanner[scanner.Fields[column.Position]]))
                return schema.Fields[column.Field].Name;
        }

        return null;
    }

    static string Name(CsvScanner scanner, in CsvScanner.Field field)
    {
        var name = Encoding.UTF8.GetString(scanner[field]);
        return (field.HasDoubledQuotes ? name.Replace("\"\"", "\"") : name).Trim();
    }
}

/// <summary>A position between two records of a CSV file, from which a reader can resume.</summary>
/// <param name="Offset">Byte offset from the start of the file; 0 is before the header line.</param>
/// <param name="Row">Rows before the position, without blank lines and the header line.</param>
/// <param name="Line">Number of the line that starts there, from 1.</param>
public readonly record struct CsvPosition(long Offset, long Row, long Line);
