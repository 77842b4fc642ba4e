using System.Collections.Immutable;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Csv;

/// <summary>The first rows of a CSV file as text, before a schema is chosen for it.</summary>
/// <param name="Header">The column names.</param>
/// <param name="Columns">The values of each column without blanks around them, in the order of the rows; empty where nothing stands.</param>
public sealed record CsvSample(CsvHeader Header, ImmutableArray<string[]> Columns)
{
    /// <summary>Number of rows in the sample.</summary>
    public int Rows => Columns.IsEmpty ? 0 : Columns[0].Length;

    /// <summary>Reads the header and the rows that have as many columns as it; others are passed over.</summary>
    /// <param name="csv">The file, from its first byte. It is not closed.</param>
    /// <param name="fileName">Used in messages.</param>
    /// <param name="format">How the file is written.</param>
    /// <param name="mostRows">At most this many rows are read.</param>
    /// <param name="mostCells">At most this many values are read, and 100 rows at least.</param>
    /// <exception cref="SchemaException">The file is empty.</exception>
    public static CsvSample Read(Stream csv, string fileName, CsvFormat format, int mostRows, int mostCells)
    {
        using var scanner = new CsvScanner(csv, fileName, format);
        var header = CsvHeader.Read(scanner, fileName);
        var rows = Math.Min(mostRows, Math.Max(100, mostCells / header.Names.Length));
        var columns = header.Names.Select(_ => new List<string>()).ToArray();
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        while (columns[0].Count < rows && scanner.Read())
        {
            if (scanner.HasOpenQuote || scanner.Fields.Length != columns.Length)
                continue;
            var values = CsvColumns.Names(scanner);
            for (var column = 0; column < columns.Length; column++)
            {
                // Most columns have few values: each is kept once.
                if (!known.TryGetValue(values[column], out var value))
                    known.Add(value = values[column], value);
                columns[column].Add(value);
            }
        }

        return new CsvSample(header, [.. columns.Select(column => column.ToArray())]);
    }
}
