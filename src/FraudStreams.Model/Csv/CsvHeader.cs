using System.Collections.Immutable;
using System.Text;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Csv;

/// <summary>How a CSV file begins: its column names, before a schema is chosen for it.</summary>
/// <param name="Line">The header as it is written, in one line or more, after a line sep=; where the file has one.</param>
/// <param name="Separator">What separates the columns.</param>
/// <param name="Names">The columns' names, in the order of the file; empty for a column without one.</param>
public sealed record CsvHeader(string Line, char Separator, ImmutableArray<string> Names)
{
    /// <summary>Reads the header of a file.</summary>
    /// <param name="csv">The file, from its first byte. It is not closed.</param>
    /// <param name="fileName">Used in messages.</param>
    /// <param name="format">How the file is written.</param>
    /// <exception cref="SchemaException">The file is empty.</exception>
    public static CsvHeader Read(Stream csv, string fileName, CsvFormat format)
    {
        using var scanner = new CsvScanner(csv, fileName, format);
        return Read(scanner, fileName);
    }

    internal static CsvHeader Read(CsvScanner scanner, string fileName)
    {
        if (!scanner.Read())
            throw new SchemaException(fileName, ["is empty; its first line must name the columns"]);
        var (line, separator) = (Encoding.UTF8.GetString(scanner.Line), (char)scanner.Separator);
        return new CsvHeader(scanner.NamesSeparator ? $"sep={separator}\n{line}" : line, separator, CsvColumns.Names(scanner));
    }

    /// <summary>Reads a header that was kept as text: a <see cref="Line"/>.</summary>
    /// <exception cref="SchemaException">The text is empty.</exception>
    public static CsvHeader Parse(string line, CsvFormat format)
    {
        using var text = new MemoryStream(Encoding.UTF8.GetBytes(line));
        return Read(text, "a header", format);
    }

    /// <summary>For each column the index of its field in a schema, or −1 where it has none.</summary>
    public ImmutableArray<int> FieldsOf(TransactionSchema schema) => [.. CsvColumns.FieldsOf(Names, schema)];

    /// <summary>The fields that a schema requires and that no column has.</summary>
    public ImmutableArray<string> LacksOf(TransactionSchema schema) => [.. CsvColumns.Missing(CsvColumns.FieldsOf(Names, schema), schema)];
}
