using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Profiling;

/// <summary>Counts the values of one field. Its memory is bounded: values past <see cref="DatasetProfiler.MostDistinct"/> different ones are not told apart.</summary>
sealed class FieldTally(SchemaField field, bool countsValues)
{
    const int MostValues = 15;
    const int LongestValue = 100;

    static readonly SearchValues<byte> s_separators = SearchValues.Create("_-:/|#"u8);
    static readonly SearchValues<byte> s_exponents = SearchValues.Create("eE"u8);

    readonly HashSet<ulong> _distinct = [];
    readonly Dictionary<string, GroupTally> _values = [];
    byte[]? _prefix;
    double _sum;

    public long Missing { get; private set; }

    /// <summary>Values such as 1.2E+05, as spreadsheets and R write them.</summary>
    public long Scientific { get; private set; }

    /// <summary>Values in which a card number stands.</summary>
    public long WithCardNumber { get; private set; }

    /// <summary>Values with a blank at their begin or end.</summary>
    public long Blanks { get; private set; }

    /// <summary>Values with characters that a wrong encoding leaves.</summary>
    public long Garbled { get; private set; }

    public long Present { get; private set; }

    public double Min { get; private set; } = double.PositiveInfinity;

    public double Max { get; private set; } = double.NegativeInfinity;

    /// <summary>NaN where no row has a number.</summary>
    public double Mean => Present == 0 ? double.NaN : _sum / Present;

    public bool HasMany => _distinct.Count > DatasetProfiler.MostDistinct;

    public long? Distinct => HasMany ? null : _distinct.Count;

    /// <summary>What all values begin with, up to and with a sign that separates words; empty where there is nothing of the kind.</summary>
    public string CommonPrefix
    {
        get
        {
            var end = _prefix is null || _distinct.Count < 2 ? 0 : _prefix.AsSpan().LastIndexOfAny(s_separators) + 1;
            return end < 3 ? "" : Encoding.UTF8.GetString(_prefix.AsSpan(0, end));
        }
    }

    /// <summary>All counted values; empty where they are not counted, or are too many.</summary>
    public IEnumerable<KeyValuePair<string, GroupTally>> Values => HasMany ? [] : _values;

    public void Add(TransactionRows rows, int row, int index, bool? label)
    {
        if (rows.IsMissing(row, index))
        {
            Missing++;
            return;
        }

        Present++;
        var written = rows.Written(row, index);
        if (!HasMany)
            _distinct.Add(StableHash.Of(written));
        if (IsScientific(written))
            Scientific++;
        if (field.Type != FieldType.Text)
        {
            var number = rows.Number(row, index);
            (Min, Max) = (Math.Min(Min, number), Math.Max(Max, number));
            _sum += number;
            return;
        }

        if (written[0] == ' ' || written[^1] == ' ')
            Blanks++;
        if (written.IndexOf("\uFFFD"u8) >= 0 || written.IndexOf("\u00C3\u0083"u8) >= 0 || written.IndexOf("\u00C3\u00A4"u8) >= 0 || written.IndexOf("\u00C3\u00BC"u8) >= 0 || written.IndexOf("\u00C3\u00A9"u8) >= 0)
            Garbled++;
        if (!field.Secret && CardNumbers.Count(written) > 0)
            WithCardNumber++;
        if (field.Secret)
            return;
        _prefix = _prefix is null ? written.ToArray() : _prefix[..written.CommonPrefixLength(_prefix)];
        if (countsValues && !HasMany)
            CollectionsMarshal.GetValueRefOrAddDefault(_values, Encoding.UTF8.GetString(written), out _).Add(label);
    }

    /// <summary>The most frequent values, a card number in one masked.</summary>
    public ImmutableArray<GroupCount> MostFrequent() =>
    [
        .. Values.OrderByDescending(value => value.Value.Payments).ThenBy(value => value.Key, StringComparer.Ordinal).Take(MostValues)
            .Select(value => value.Value.As(CardNumbers.Masked(value.Key) is var shown && shown.Length > LongestValue ? shown[..LongestValue] + "…" : shown)),
    ];

    /// <summary>Digits with an exponent that has its sign, which no id or name has by chance.</summary>
    static bool IsScientific(ReadOnlySpan<byte> text)
    {
        var at = text.IndexOfAny(s_exponents);
        return at > 0 && at + 2 < text.Length && (text[at + 1] == '+' || text[at + 1] == '-') && !text[(at + 2)..].ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && char.IsAsciiDigit((char)text[at - 1]) && NumberText.TryParse(text, out _);
    }
}
