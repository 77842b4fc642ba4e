using System.Collections.Immutable;
using System.Text;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Csv;

/// <summary>How a CSV file begins: its column names and first row, before a schema is chosen for it.</summary>
/// <param name="Line">The header as it is written, in one line or more, after a line sep=; where the file has one.</param>
/// <param name="Separator">What separates the columns.</param>
/// <param name="Names">The columns' names, in the order of the file; empty for a column without one.</param>
/// <param name="FirstRow">The values of the first row; empty where there is none of as many columns.</param>
public sealed record CsvHeader(string Line, char Separator, ImmutableArray<string> Names, ImmutableArray<string> FirstRow)
{
    /// <summary>Reads the header of a file.</summary>
    /// <param name="csv">The file, from its first byte. It is not closed.</param>
    /// <param name="fileName">Used in messages.</param>
    /// <exception cref="SchemaException">The file is empty.</exception>
    public static CsvHeader Read(Stream csv, string fileName)
    {
        using var scanner = new CsvScanner(csv, fileName);
        if (!scanner.Read())
            throw new SchemaException(fileName, ["is empty; its first line must name the columns"]);
        var (line, separator, names) = (Encoding.UTF8.GetString(scanner.Line), (char)scanner.Separator, CsvColumns.Names(scanner));
        if (scanner.NamesSeparator)
            line = $"sep={separator}\n{line}";
        ImmutableArray<string> row = scanner.Read() && scanner.Fields.Length == names.Length ? CsvColumns.Names(scanner) : [];
        return new CsvHeader(line, separator, names, row);
    }

    /// <summary>Reads a header that was kept as text: a <see cref="Line"/>.</summary>
    /// <exception cref="SchemaException">The text is empty.</exception>
    public static CsvHeader Parse(string line)
    {
        using var text = new MemoryStream(Encoding.UTF8.GetBytes(line));
        return Read(text, "a header");
    }

    /// <summary>For each column the index of its field in a schema, or −1 where it has none.</summary>
    public ImmutableArray<int> FieldsOf(TransactionSchema schema) => [.. CsvColumns.FieldsOf(Names, schema)];

    /// <summary>The fields that a schema requires and that no column has.</summary>
    public ImmutableArray<string> LacksOf(TransactionSchema schema) => [.. CsvColumns.Missing(CsvColumns.FieldsOf(Names, schema), schema)];
}
