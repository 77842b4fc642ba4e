using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Csv;

/// <summary>The columns of a CSV file, as its header line names them, matched to the fields of a schema.</summary>
sealed class CsvColumns
{
    CsvColumns(ImmutableArray<Column> columns) => All = columns;

    /// <param name="Position">Index in the line, from 0.</param>
    /// <param name="Field">Index of the field in the schema, or −1 for a column that is not in the schema.</param>
    /// <param name="JsonName">The UTF-8 bytes of <c>"name":</c>.</param>
    internal readonly record struct Column(int Position, int Field, byte[] JsonName);

    /// <summary>The columns in file order, without the index column.</summary>
    internal ImmutableArray<Column> All { get; }

    /// <summary>Columns in a line, including the index column.</summary>
    internal int Count { get; private init; }

    /// <summary>Reads the header line.</summary>
    /// <exception cref="SchemaException">Lists every column that is missing, unnamed, duplicate or reserved.</exception>
    internal static CsvColumns Read(CsvScanner scanner, TransactionSchema schema, string file)
    {
        if (!scanner.Read())
            throw new SchemaException(file, ["is empty; its first line must name the columns"]);
        var subject = $"{file}, line {scanner.LineNumber}";
        if (scanner.Line.StartsWith("\xFF\xFE"u8) || scanner.Line.Contains((byte)0))
            throw new SchemaException(subject, ["is not UTF-8 text (UTF-16, or no text at all); save the file as UTF-8"]);

        var columns = ImmutableArray.CreateBuilder<Column>();
        var problems = new List<string>();
        var seen = new HashSet<string>();
        var position = -1;
        foreach (ref readonly var field in scanner.Fields)
        {
            position++;
            var name = Name(scanner, field);
            if (name.Length == 0 && position == 0 && schema.DropsIndexColumn)
                continue;
            if (name.Length == 0)
                problems.Add($"column {position + 1} has no name; a row index is left out where the schema says index-column = drop");
            else if (!seen.Add(name))
                problems.Add($"column {name} appears twice");
            else if (TransactionSchema.ReservedNames.Contains(name))
                problems.Add($"column {name} has a reserved name");
            else if (schema.Roles.IdFromRow && name == schema.Roles.Id)
                problems.Add($"column {name} exists, but the schema makes {name} from the row; name the column as id in the schema");
            columns.Add(new Column(position, schema.IndexOf(name), Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(name)}\":")));
        }
        var missing = schema.Fields
            .Where(f => !f.Optional && !seen.Contains(f.Name) && !(schema.Roles.IdFromRow && f.Name == schema.Roles.Id))
            .Select(f => f.Name)
            .ToList();
        if (missing.Count > 0)
        {
            problems.Add(
                (missing is [var only] ? $"column {only} of schema {schema.Name} is missing; "
                    : $"columns {string.Join(", ", missing)} of schema {schema.Name} are missing; ") +
                (columns.Any(c => c.Field >= 0) ? $"the line has {string.Join(", ", seen)}"
                    : "does the file begin with a line of column names?"));
        }
        return problems.Count == 0
            ? new CsvColumns(columns.ToImmutable()) { Count = position + 1 }
            : throw new SchemaException(subject, problems);
    }

    /// <summary>Why the scanner's current record cannot be split into the header's columns; null if it can.</summary>
    internal RejectReason? Check(CsvScanner scanner)
    {
        if (scanner.HasOpenQuote)
            return new(RejectCodes.OpenQuote, $"line {scanner.LineNumber}: a quote is opened and never closed");
        return scanner.Fields.Length == Count
            ? null
            : new(
                RejectCodes.ColumnCount,
                $"line {scanner.LineNumber}: has {scanner.Fields.Length} columns where the file's first line has {Count}");
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
