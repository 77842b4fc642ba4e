using System.Collections.Immutable;
using System.Text;

namespace FraudStreams.Model.Schemas;

/// <summary>
/// How the files of a data set are written, where that is not the plain way: the section csv of a schema. What is not said is found in the file (separator,
/// UTF-16) or is the plain way (UTF-8, double quotes, decimal point). It changes how a file's text becomes a field's value, never what the value is, so it is no
/// part of a schema's identity.
/// </summary>
public sealed record CsvFormat
{
    /// <summary>The quote of files that have none: this byte is in no UTF-8 text.</summary>
    internal const byte NoQuote = 0xFF;

    /// <summary>Longest word of a label or a missing value, in characters.</summary>
    internal const int LongestWord = 40;

    /// <summary>Nothing is said.</summary>
    public static CsvFormat AsFound { get; } = new();

    /// <summary>Name of the text's encoding, such as latin-1 or windows-1252; null for UTF-8, and for UTF-16 that its first bytes tell.</summary>
    public string? Encoding { get; init; }

    /// <summary>What separates columns: one ASCII character; null for the one that the first line has most of.</summary>
    public char? Separator { get; init; }

    /// <summary>What surrounds a text that has a separator in it: one ASCII character, or '\0' where nothing does; null for a double quote.</summary>
    public char? Quote { get; init; }

    /// <summary>The decimal mark: a comma or a point; null for a point and, where the separator is no comma, a comma as well.</summary>
    public char? Decimal { get; init; }

    /// <summary>What stands between groups of three digits, a blank for the no-break ones of Unicode too; null where nothing may.</summary>
    public char? Thousands { get; init; }

    /// <summary>How times are written beside the format of their field, tried in this order.</summary>
    public ImmutableArray<CsvTimeFormat> Times { get; init; } = [];

    /// <summary>Words for the label 1, whatever their case, beside TRUE and its like.</summary>
    public ImmutableArray<string> Fraud { get; init; } = [];

    /// <summary>Words for the label 0, whatever their case, beside FALSE and its like.</summary>
    public ImmutableArray<string> Legitimate { get; init; } = [];

    /// <summary>Texts that stand for no value in an optional field, whatever their case, beside NA and its like.</summary>
    public ImmutableArray<string> Missing { get; init; } = [];

    /// <summary>Whether nothing is said.</summary>
    public bool IsAsFound => this is
    {
        Encoding: null, Separator: null, Quote: null, Decimal: null, Thousands: null, Times.IsEmpty: true, Fraud.IsEmpty: true, Legitimate.IsEmpty: true, Missing.IsEmpty: true,
    };

    internal byte QuoteByte => Quote switch { null => (byte)'"', '\0' => NoQuote, var quote => (byte)quote };

    /// <summary>
    /// The format of text that was made of a table of typed columns, such as a Parquet file's: CSV in UTF-8 with semicolons, a decimal point and times as
    /// ISO 8601. What its columns of text hold is as the data set writes it, with a decimal comma too.
    /// </summary>
    public CsvFormat OfTypedColumns() => this with
    {
        Encoding = null,
        Separator = ';',
        Quote = '"',
        Decimal = null,
        Thousands = null,
        Times = [CsvTimeFormat.Iso8601, .. Times],
    };

    /// <summary>The encoding of a name: one of .NET's, a code page such as windows-1252 or ibm850, or latin-1.</summary>
    /// <returns>Null if there is none of that name. It throws at bytes that are no character.</returns>
    public static Encoding? EncodingOf(string name)
    {
        var known = name.ToLowerInvariant() switch { "latin-1" => "iso-8859-1", "latin-9" => "iso-8859-15", "utf8" => "utf-8", "utf16" => "utf-16", var other => other };
        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(known, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)
                ?? System.Text.Encoding.GetEncoding(known, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
