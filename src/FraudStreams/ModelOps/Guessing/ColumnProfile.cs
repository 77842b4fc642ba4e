using System.Buffers;
using System.Text;
using FraudStreams.Model.Schemas;

namespace FraudStreams.ModelOps.Guessing;

/// <summary>What the sample shows of one column.</summary>
sealed class ColumnProfile
{
    const int ShortestCard = 12;
    const int MaxMarks = 2;

    static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789");
    static readonly SearchValues<char> s_ofNumbers = SearchValues.Create("0123456789+-.,' \u00A0\u202F\u2019");

    /// <summary>Read as nothing in an optional field that is no text, without being declared.</summary>
    static readonly HashSet<string> s_missingMarks = new(["NA", "N/A", "NaN", "NULL", "None", "<NA>", "NaT", "#N/A", "#NV"], StringComparer.OrdinalIgnoreCase);

    ColumnProfile(string name, string[] values, NumberConvention convention)
    {
        Name = name;
        Values = [.. values.Select(value => s_missingMarks.Contains(value) ? "" : value)];
        var counts = Values.Where(value => value.Length > 0).GroupBy(value => value, StringComparer.Ordinal).ToDictionary(of => of.Key, of => of.Count(), StringComparer.Ordinal);
        (Distinct, Present) = (counts.Count, counts.Values.Sum());
        Words = counts.Count <= 100 ? [.. counts.OrderByDescending(word => word.Value).ThenBy(word => word.Key, StringComparer.Ordinal).Select(word => word.Key)] : [];
        HasLeadingZeros = counts.Keys.Any(value => value.Length > 1 && value[0] == '0' && char.IsAsciiDigit(value[1]));
        HasCards = counts.Keys.Count(value => value.Length >= ShortestCard && CardNumbers.Count(Encoding.UTF8.GetBytes(value)) > 0) * 2 > counts.Count;
        IsRoundedCard = counts.Keys.Count(value => value.Contains("E+1", StringComparison.OrdinalIgnoreCase)) * 2 > counts.Count;
        HasAddresses = counts.Keys.Count(value => value.Contains('@')) * 2 > counts.Count;

        // A word or two among numbers stands for no number.
        var read = counts.Keys.Where(value => convention.TryRead(value, out _)).ToHashSet(StringComparer.Ordinal);
        var others = counts.Keys.Where(value => !read.Contains(value)).ToList();
        if (read.Count == 0 || others.Count > MaxMarks || others.Any(word => word.Any(char.IsAsciiDigit)) || (others.Count > 0 && read.Count < 3))
        {
            Time = TimeGuess.Of(Values);
            return;
        }

        Marks = others;
        Values = [.. Values.Select(value => others.Contains(value) ? "" : value)];
        Present = Values.Count(value => value.Length > 0);
        Numbers = [.. Values.Select(value => convention.TryRead(value, out var number) ? number : double.NaN)];
        IsWhole = Numbers.All(number => double.IsNaN(number) || (number == Math.Floor(number) && Math.Abs(number) < 1L << 53));
        IsDigits = read.All(value => value.All(char.IsAsciiDigit));
        if (IsDigits && read.All(value => value.Length is 8 or 14))
            Time = TimeGuess.Of(Values);
    }

    public string Name { get; }

    /// <summary>Of each row; empty where it has none.</summary>
    public string[] Values { get; }

    /// <summary>Rows with a value.</summary>
    public int Present { get; }

    public int Distinct { get; }

    public bool HasMissing => Present < Values.Length;

    /// <summary>The values, the most frequent first; empty where they are many.</summary>
    public List<string> Words { get; }

    /// <summary>Words among numbers that stand for no number.</summary>
    public List<string> Marks { get; } = [];

    /// <summary>Of each row, NaN where it has none; empty where the column is no number.</summary>
    public double[] Numbers { get; } = [];

    public bool IsNumber => Numbers.Length > 0;

    public bool IsWhole { get; }

    /// <summary>Whether each value is written in digits alone.</summary>
    public bool IsDigits { get; }

    public bool HasLeadingZeros { get; }

    /// <summary>Whether most values are card numbers.</summary>
    public bool HasCards { get; }

    /// <summary>Whether a spreadsheet has rounded most values to scientific notation.</summary>
    public bool IsRoundedCard { get; }

    /// <summary>Whether most values are mail addresses.</summary>
    public bool HasAddresses { get; }

    /// <summary>Null where they are no times.</summary>
    public TimeGuess? Time { get; }

    /// <summary>Whether no two rows have the same value, and each has one.</summary>
    public bool IsUnique => !HasMissing && Distinct == Values.Length && Distinct > 0;

    /// <summary>A number that only grows from row to row: a row number or a clock.</summary>
    public bool Counts => IsNumber && IsWhole && Values.Length > 20 && !HasMissing && Numbers[^1] > Numbers[0] && Numbers.Zip(Numbers.Skip(1)).All(pair => pair.Second >= pair.First);

    /// <summary>Seconds or milliseconds since 1970, of a year that payments are of; null where they are none.</summary>
    public string? UnixFormat
    {
        get
        {
            var known = Numbers.Where(number => !double.IsNaN(number)).ToList();
            return known.Count == 0 ? null
                : known.TrueForAll(number => number is > 946_684_800 and < 2_208_988_800) ? "unix-seconds"
                : known.TrueForAll(number => number is > 946_684_800_000 and < 2_208_988_800_000) ? "unix-milliseconds"
                : null;
        }
    }

    /// <summary>The columns of a sample, with the convention that reads most of them as numbers.</summary>
    public static (List<ColumnProfile> Columns, NumberConvention Convention) Of(IEnumerable<(string Name, string[] Values)> columns)
    {
        var all = columns.ToList();

        // Groups stand only in the few numbers that are large, so many are tried.
        var numbers = all.Select(column => column.Values.Where(value => value.Length > 0).Distinct(StringComparer.Ordinal).Take(2_000).ToList())
            .Where(values => values.Take(50).Count(value => value.AsSpan().ContainsAny(s_digits) && !value.AsSpan().ContainsAnyExcept(s_ofNumbers)) * 2 > Math.Min(50, values.Count)).ToList();
        var convention = NumberConvention.All.MaxBy(convention => numbers.Sum(values => values.Count(value => convention.TryRead(value, out _))))!;
        return ([.. all.Select(column => new ColumnProfile(column.Name, column.Values, convention))], convention);
    }
}
