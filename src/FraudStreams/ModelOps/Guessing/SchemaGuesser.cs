using System.Text.Unicode;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Schemas;
using FraudStreams.Simulation;

namespace FraudStreams.ModelOps.Guessing;

/// <summary>Looks at a file's beginning, and guesses a schema.</summary>
static class SchemaGuesser
{
    const int MostCells = 2_000_000;
    const int LookedAtBytes = 16 << 20;

    /// <summary>Null where the first line does not look like names.</summary>
    /// <param name="rows">At most this many are looked at; fewer where the file has very many columns.</param>
    /// <exception cref="SchemaException">The file is empty.</exception>
    public static SchemaGuess? Of(string file, int rows)
    {
        var format = CsvFormat.AsFound;
        using (var input = InputFile.Open(file, format))
        {
            if (!input.IsTable && !IsUtf8(input.Stream))
                format = format with { Encoding = "windows-1252" };
        }

        using var text = InputFile.Open(file, format);
        format = text.Format;
        var name = InputFile.NameOf(file);
        var header = CsvHeader.Read(text.Stream, name, format);
        char? quote = header.Names.Length > 1 && header.Names.All(column => column is ['\'', _, .., '\'']) ? '\'' : null;
        if (quote is not null)
            format = format with { Quote = quote };
        text.Stream.Position = 0;
        return SchemaGuess.Of(CsvSample.Read(text.Stream, name, format, rows, MostCells), name, text.IsTable ? null : format.Encoding, quote, text.IsTable);
    }

    static bool IsUtf8(Stream text)
    {
        var bytes = new byte[LookedAtBytes];
        var read = bytes.AsSpan(0, text.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));

        // The last character may be cut.
        return Utf8.IsValid(read.Length < bytes.Length ? read : read[..(read.LastIndexOf((byte)'\n') + 1)]);
    }
}
