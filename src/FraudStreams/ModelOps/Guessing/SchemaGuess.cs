using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Schemas;

namespace FraudStreams.ModelOps.Guessing;

/// <summary>
/// A first schema for a file whose columns no schema has, from the first of its rows: types, roles, what is secret, how its values are written, and features to
/// begin with. Everything in it is a guess, and says what it was made of.
/// </summary>
sealed class SchemaGuess
{
    const string Unknown = "???";
    const int MostCategories = 200;
    const int FewestOwners = 5;

    /// <summary>Of so few kinds of people there are many of each.</summary>
    const int MostOwnersKinds = 10;

    /// <summary>So few rows need not differ.</summary>
    const int FewRows = 20;

    readonly CsvSample _sample;
    readonly string _file;
    readonly string? _encoding;
    readonly char? _quote;
    readonly bool _isTable;
    readonly List<ColumnProfile> _columns;
    readonly NumberConvention _convention;
    readonly ColumnProfile? _label;
    readonly ColumnProfile? _time;
    readonly ColumnProfile? _amount;
    readonly ColumnProfile? _id;
    readonly ColumnProfile? _card;
    readonly ColumnProfile? _merchant;
    readonly (string Fraud, string? Legitimate)? _labelWords;
    readonly bool?[] _labels;
    readonly StringBuilder _text = new();

    SchemaGuess(CsvSample sample, string file, string? encoding, char? quote, bool isTable)
    {
        (_sample, _file, _encoding, _quote, _isTable) = (sample, file, encoding, quote, isTable);
        (_columns, _convention) = ColumnProfile.Of(sample.Header.Names.Select((name, at) => (name, sample.Columns[at])).Where(column => column.name.Length > 0));
        _label = FirstOf(_columns.Where(IsLabel), column => ColumnNames.LabelItself().IsMatch(column.Name), column => -column.Name.Length);
        _labelWords = _label is null ? null : LabelWords.Of(_label.Words);
        _labels = [.. _label?.Values.Select(value => value.Length == 0 ? null : (bool?)string.Equals(value, _labelWords?.Fraud, StringComparison.OrdinalIgnoreCase)) ?? []];
        _time = FirstOf(_columns.Where(column => column != _label && IsEventTime(column)), column => column.Time is not null || column.UnixFormat is not null, TimeScore)
            ?? ByName(ColumnNames.Time(), _label);
        _amount = FirstOf(
            _columns.Where(column => column.IsNumber && !column.HasMissing && !IsOneOf(column, _label, _time) && !IsDigitsOfName(column)),
            column => ColumnNames.Amount().IsMatch(column.Name) && !ColumnNames.Afterwards().IsMatch(column.Name),
            column => (column.IsWhole ? 0 : 1) - (IsPlace(column) ? 2 : 0))
            ?? ByName(ColumnNames.Amount(), _label, _time);
        _id = _columns.Find(column => MayBeId(column) && ColumnNames.TransactionId().IsMatch(column.Name))
            ?? _columns.Find(column => MayBeId(column) && ColumnNames.PlainId().IsMatch(column.Name))
            ?? _columns.Find(column => MayBeId(column) && !column.IsNumber && column.Time is null && column.Values.All(value => value.Length >= 16));
        _card = FirstOf(
            _columns.Where(column => MayOwn(column) && (column.HasCards || ColumnNames.Card().IsMatch(column.Name))),
            column => column.HasCards || ColumnNames.CardItself().IsMatch(column.Name),
            column => column.Distinct);
        _merchant = FirstOf(_columns.Where(column => column != _card && MayOwn(column) && ColumnNames.Merchant().IsMatch(column.Name)), _ => true, column => column.Distinct);
        Write();
    }

    /// <summary>HOCON with comments. What has to be filled in by a person is ???.</summary>
    public string Text => _text.ToString();

    /// <summary>Roles that every schema needs and no column seems to have.</summary>
    public ImmutableArray<string> Missing => [.. (string[])(_time is null || TimeFormatOf(_time) == Unknown ? ["time"] : []), .. (string[])(_amount is not { IsNumber: true } ? ["amount"] : [])];

    public bool HasLabel => _label is not null;

    /// <summary>Rows that it was made of.</summary>
    public int Rows => _sample.Rows;

    /// <summary>The schema's name: the file's, in letters, digits and dashes.</summary>
    public string Name => Regex.Replace(_file.Split('.')[0].ToLowerInvariant(), "[^a-z0-9]+", "-", RegexOptions.None, TimeSpan.FromSeconds(1)).Trim('-') is { Length: > 0 } name ? name : "payments";

    /// <summary>Null where the first line does not look like names: no value of a payment is to be shown.</summary>
    /// <param name="file">The file's name.</param>
    /// <param name="encoding">As <see cref="Model.Schemas.CsvFormat.Encoding"/>.</param>
    /// <param name="quote">As <see cref="Model.Schemas.CsvFormat.Quote"/>.</param>
    /// <param name="isTable">Whether the file has typed columns.</param>
    public static SchemaGuess? Of(CsvSample sample, string file, string? encoding, char? quote, bool isTable)
    {
        var names = sample.Header.Names.Where(name => name.Length > 0).ToList();
        return names.Count < 2 || names.Exists(name => ColumnNames.LooksLikeAValue().IsMatch(name)) ? null : new SchemaGuess(sample, file, encoding, quote, isTable);
    }

    /// <summary>Of those that have what is wanted, or else of all, the one with the most points; of several, the first.</summary>
    static ColumnProfile? FirstOf(IEnumerable<ColumnProfile> columns, Predicate<ColumnProfile> wanted, Func<ColumnProfile, int> points)
    {
        var all = columns.ToList();
        var some = all.FindAll(wanted);
        return (some.Count > 0 ? some : all).MaxBy(points);
    }

    static bool IsOneOf(ColumnProfile column, params ColumnProfile?[] others) => Array.IndexOf(others, column) >= 0;

    /// <summary>Where no values fit, the name tells: a person has to say the rest.</summary>
    ColumnProfile? ByName(Regex words, params ColumnProfile?[] taken) => _columns.Find(column => words.IsMatch(column.Name) && !IsOneOf(column, taken));

    static bool IsLabel(ColumnProfile column) =>
        column.Distinct <= 2 && column.Present > 0 && LabelWords.Of(column.Words) is { } words
        && (ColumnNames.Label().IsMatch(column.Name) || ColumnNames.Label().IsMatch(words.Fraud));

    static bool IsEventTime(ColumnProfile column) =>
        !column.HasMissing && (column.Distinct > 1 || column.Values.Length < FewRows) && !ColumnNames.Birth().IsMatch(column.Name)
        && (column.Time is not null
            || (column.IsNumber && column.IsWhole && ColumnNames.Time().IsMatch(column.Name) && column.Numbers.All(number => number >= 0)));

    static int TimeScore(ColumnProfile column)
    {
        var times = column.Time?.Times ?? column.Numbers.Select(number => (long?)number);
        var points = (ColumnNames.Time().IsMatch(column.Name) ? 3 : 0) + (TimeGuess.StepsBack(times) == 0 ? 3 : 0) + (column.Time is { Format: "yyyy-MM-dd" } ? 0 : 2);

        // Of two clocks the finer one orders more of the payments; of two as fine, the zone of seconds since 1970 is known.
        return (((points * 10_000_000) + Math.Min(column.Distinct, 9_999_999)) * 2) + (column.Time is null && column.UnixFormat is not null ? 1 : 0);
    }

    static bool IsPlace(ColumnProfile column) => ColumnNames.Latitude().IsMatch(column.Name) || ColumnNames.Longitude().IsMatch(column.Name);

    /// <summary>Digits that name something.</summary>
    static bool IsDigitsOfName(ColumnProfile column) =>
        column.IsNumber && column.IsWhole && (column.HasLeadingZeros || column.HasCards || column.IsRoundedCard || ColumnNames.Names().IsMatch(column.Name));

    bool MayBeId(ColumnProfile column) => column.IsUnique && (!column.IsNumber || column.IsDigits) && !IsOneOf(column, _label, _time, _amount);

    /// <summary>Whether its values are of somebody who pays, or is paid, again and again.</summary>
    bool MayOwn(ColumnProfile column) =>
        !column.HasMissing && column.Distinct > Math.Min(FewestOwners, column.Values.Length / 2) && (!column.IsNumber || column.IsDigits || column.IsRoundedCard)
        && column.Time is null && !IsOneOf(column, _label, _time, _amount, _id);

    /// <summary>Whether the card decides the value, of which there are many. On sparkov such columns (state, inhabitants of the home) cost average precision.</summary>
    bool IsOfOwner(ColumnProfile column)
    {
        if (_card is null || column.Distinct <= MostOwnersKinds || _card.Distinct * 2 > _sample.Rows)
            return false;
        var (first, others) = (new Dictionary<string, string>(StringComparer.Ordinal), 0);
        for (var row = 0; row < _sample.Rows; row++)
        {
            if (!first.TryAdd(_card.Values[row], column.Values[row]) && first[_card.Values[row]] != column.Values[row])
                others++;
        }

        return others * 100 < _sample.Rows;
    }

    bool IsText(ColumnProfile column) =>
        IsOneOf(column, _id, _card, _merchant) || (!IsOneOf(column, _label, _amount, _time) && TimeFormatOf(column) is null && (!column.IsNumber || IsDigitsOfName(column)));

    bool IsSecret(ColumnProfile column) =>
        column == _card || column.HasCards || column.HasAddresses
        || (ColumnNames.Personal().IsMatch(column.Name) && !ColumnNames.Merchant().IsMatch(column.Name) && !IsOneOf(column, _id, _amount, _label, _time));

    /// <summary>Null where the column is no time.</summary>
    string? TimeFormatOf(ColumnProfile column) =>
        column.Time is { } written ? written.Format
        : column.UnixFormat is { } unix && (column == _time || ColumnNames.Time().IsMatch(column.Name)) ? unix
        : column != _time ? null
        : !column.IsNumber ? Unknown
        : ColumnNames.Hours().IsMatch(column.Name) ? "hours-from 2020-01-01" : "seconds-from 2020-01-01";

    void Write()
    {
        var rows = _sample.Rows.ToString("N0", CultureInfo.InvariantCulture);
        Line($"# Guessed from {(_sample.Rows == 0 ? "the column names" : $"the first {rows} rows")} of {_file} by `fraudstreams schema guess`: correct it where it is wrong (docs/schemas.md says what each key means).");
        Line("");
        Line($"name = {Name}");
        WriteCsv();
        WriteRoles();
        WriteFields();
        WriteFeatures();
    }

    void WriteCsv()
    {
        var lines = new List<string>();
        if (_sample.Header.Names[0].Length == 0)
            lines.Add("index-column = drop         # the first column has no name: a row number");
        if (!_isTable)
        {
            if (_encoding is not null)
                lines.Add($"encoding = {_encoding}     # its text is not UTF-8; latin-1 and others are possible as well");
            if (_quote is { } quote)
                lines.Add($"quote = \"{quote}\"");
            if (_convention.Decimal == ',')
                lines.Add("decimal = \",\"");
            if (_convention.Thousands is { } mark)
                lines.Add($"thousands = {(char.IsWhiteSpace(mark) ? "space" : $"\"{mark}\"")}");
        }

        var times = _columns.Where(column => column.Time is { IsPlain: false }).Select(column => column.Time!.Written.ToString()).Distinct().ToList();
        if (_isTable)
            times.Remove("iso-8601");
        if (times.Count > 0)
            lines.Add($"times = [{string.Join(", ", times.Select(time => $"\"{time}\""))}]{(_columns.Exists(column => column.Time?.Other is not null) ? $"   # {Ambiguity()}" : "")}");
        if (_labelWords is { } words && !(LabelWords.IsReadAsItIs(words.Fraud) && LabelWords.IsReadAsItIs(words.Legitimate ?? "")))
            lines.Add(words.Fraud.Length > 0
                ? $"labels {{ fraud = {Quoted(words.Fraud)}{(words.Legitimate is { } legitimate ? $", legitimate = {Quoted(legitimate)}" : "")} }}"
                : $"labels {{ legitimate = {Quoted(words.Legitimate!)} }}     # the sample has no fraud: say labels.fraud");
        var marks = _columns.SelectMany(column => column.Marks).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        if (marks.Count > 0)
            lines.Add($"missing = [{string.Join(", ", marks.Select(Quoted))}]     # words among numbers: taken for no value");
        if (lines.Count == 0)
            return;
        Line("");
        Line(_isTable ? "csv {" : $"# How the file is written. Its columns are separated by {(_sample.Header.Separator == '\t' ? "tabs" : $"\"{_sample.Header.Separator}\"")}, which is found without being said.\ncsv {{");
        lines.ForEach(line => Line($"  {line}"));
        Line("}");
    }

    string Ambiguity()
    {
        var column = _columns.First(column => column.Time?.Other is not null);
        return $"{InComment(column.Name)} fits \"{column.Time!.Other}\" as well: of the two this one has fewer steps back in time";
    }

    void WriteRoles()
    {
        Line("");
        Line("roles {");
        Line(_id is not null
            ? $"  id = {Quoted(_id.Name)}     # no two rows of the sample have the same"
            : "  id = { from = row }         # no column names a payment and is different in each row: \"<file name>:<row>\" is made");
        Line(_time is not null ? $"  time = {Quoted(_time.Name)}" : $"  time = {Unknown}     # no column is a time in each row");
        if (_card is not null)
            Line($"  card = {Quoted(_card.Name)}     # {Count(_card)}; {(_card.IsUnique && _sample.Rows >= FewRows ? "none pays twice in the sample: another column may be the card" : "windows look at the earlier payments of the same one")}{(_card.IsRoundedCard ? ". A spreadsheet has rounded it: different cards may look the same" : "")}");
        Line(_amount is not null ? $"  amount = {Quoted(_amount.Name)}" : $"  amount = {Unknown}     # no column is a number in each row and is called so");
        if (_label is not null)
            Line($"  label = {Quoted(_label.Name)}     # {Share(_labels.Count(label => label == true), Math.Max(1, _labels.Count(label => label is not null)))} of the sample are frauds{Others()}");
        if (_merchant is not null)
            Line($"  merchant = {Quoted(_merchant.Name)}     # {Count(_merchant)}");
        Line("}");

        string Others() => _columns.FindAll(column => column != _label && column.Distinct == 2 && IsLabel(column)) is { Count: > 0 } others
            ? $"; {string.Join(", ", others.Select(column => InComment(column.Name)))} could be it as well" : "";
    }

    void WriteFields()
    {
        Line("");
        Line("# secret: leaves the host only masked. optional: a live payment may lack it.");
        Line("fields = [");
        foreach (var column in _columns)
        {
            var type = column == _label ? "integer" : IsText(column) ? "text" : TimeFormatOf(column) is { } format ? $"time, format = \"{format}\"" : "number";
            var optional = column == _label || (column.HasMissing && !IsOneOf(column, _id, _time, _amount, _card)) || _sample.Rows == 0 && !IsOneOf(column, _id, _time, _amount, _card);
            Line($"  {{ name = {Quoted(column.Name)}, type = {type}{(optional ? ", optional = on" : "")}{(IsSecret(column) ? ", secret = on" : "")} }}{Evidence(column)}");
        }

        Line("]");
    }

    string Evidence(ColumnProfile column)
    {
        var seen = new List<string>();
        if (column.HasMissing)
            seen.Add($"{Share(_sample.Rows - column.Present, _sample.Rows)} empty");
        if (column == _time && TimeFormatOf(column) == Unknown)
            seen.Add($"one of {TimeFormat.Choices}, or say csv.times");
        else if (column == _time && column.Time is null && column.UnixFormat is null)
            seen.Add("counted from a day that the file does not name");
        if (!IsSecret(column) && column.Words.Count is > 0 and <= 4 && !column.IsNumber && column.Time is null)
            seen.Add(string.Join(", ", column.Words));
        else if (IsText(column) && !column.IsUnique)
            seen.Add(Count(column));
        return seen.Count == 0 ? "" : $"     # {InComment(string.Join("; ", seen))}";
    }

    void WriteFeatures()
    {
        Line("");
        Line("# What the model is given. Left out: what names or tells nothing, what says the label, and what looks as if it were known only after the payment.");
        Line("features = [");
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (_amount is not null)
            Feature("amount", $"number = {Quoted(_amount.Name)}");
        if (_time is not null)
        {
            Feature("hour", $"calendar = hour, of = {Quoted(_time.Name)}");
            Feature("weekday", $"calendar = weekday, of = {Quoted(_time.Name)}");
        }

        foreach (var column in _columns.FindAll(column => !IsOneOf(column, _id, _time, _amount, _card, _label)))
            WriteFeature(column, Feature);
        if (Places() is [var latitude, var longitude, var toLatitude, var toLongitude])
            Feature("distance_km", $"distance = [{Quoted(latitude)}, {Quoted(longitude)}, {Quoted(toLatitude)}, {Quoted(toLongitude)}]");
        WriteWindows(Feature);
        Line("]");

        void Feature(string name, string what)
        {
            name = Regex.Replace(name, "[^A-Za-z0-9]+", "_", RegexOptions.None, TimeSpan.FromSeconds(1)).Trim('_');
            for (var number = 2; !names.Add(name); number++)
                name = $"{name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9').TrimEnd('_')}_{number}";
            Line($"  {{ name = {name}, {what} }}");
        }
    }

    void WriteFeature(ColumnProfile column, Action<string, string> feature)
    {
        if (column.Distinct < 2 || IsPlace(column))
            return;
        if (TimeFormatOf(column) is not null)
        {
            if (ColumnNames.Birth().IsMatch(column.Name))
                feature("age", $"age = {Quoted(column.Name)}");
            return;
        }

        if (IsSecret(column))
            return;
        if (ColumnNames.Label().IsMatch(column.Name) || IsLabel(column))
            Line($"  # {InComment(column.Name)} is left out: by its name it says the label");
        else if (ColumnNames.Afterwards().IsMatch(column.Name))
            Line($"  # {InComment(column.Name)} is left out: by its name it is known only after the payment");
        else if (Leaks.IsOne(Leaks.Strength(column, _labels)))
            Line($"  # {InComment(column.Name)} is left out: by itself it says the label in the sample");
        else if (IsOfOwner(column))
            Line($"  # {InComment(column.Name)} is left out: it is the same in all payments of a card, so it says who pays and not how");
        else if (column.Counts)
            Line($"  # {InComment(column.Name)} is left out: it only grows, as a clock or a row number");
        else if (!IsText(column))
        {
            feature(column.Name, $"number = {Quoted(column.Name)}");
            if (_amount is not null && ColumnNames.Balance().IsMatch(column.Name))
            {
                feature($"share_of_{column.Name}", $"ratio = [{Quoted(_amount.Name)}, {Quoted(column.Name)}]");
                feature($"left_of_{column.Name}", $"difference = [{Quoted(column.Name)}, {Quoted(_amount.Name)}]");
            }
        }
        else if (column.Distinct <= MostCategories && column.Distinct * 5 < column.Values.Length)
            feature(column.Name, $"category = {Quoted(column.Name)}{(_sample.Rows < 20_000 ? $", min-count = {Math.Max(1, _sample.Rows / 1000)}" : "")}");
    }

    void WriteWindows(Action<string, string> feature)
    {
        if (_time is null || _amount is null)
            return;
        var amount = Quoted(_amount.Name);
        if (_card is not null)
        {
            var by = $"by = {Quoted(_card.Name)}";
            feature("count_1d", $"window = count, {by}, over = 1d");
            feature("sum_1d", $"window = sum, of = {amount}, {by}, over = 1d");
            feature("stddev_1d", $"window = stddev, of = {amount}, {by}, over = 1d");
            feature("max_1d", $"window = max, of = {amount}, {by}, over = 1d, current = out");
            feature("count_7d", $"window = count, {by}, over = 7d");
            feature("mean_30d", $"window = mean, of = {amount}, {by}, over = 30d");
            feature("since_last", $"window = since-last, {by}, over = 7d");
        }

        if (_merchant is null)
            return;
        Line("  # Windows of others than the card end some time before the payment, so that hosts agree on them; a fraud is taken to be known after 7 days.");
        feature("merchant_count_7d", $"window = count, by = {Quoted(_merchant.Name)}, over = 7d, delay = 1d");
        if (_label is null)
            return;
        feature("merchant_fraud_share_7d", $"window = fraud-share, by = {Quoted(_merchant.Name)}, over = 7d, delay = 7d");
        feature("merchant_fraud_share_30d", $"window = fraud-share, by = {Quoted(_merchant.Name)}, over = 30d, delay = 7d");
    }

    /// <summary>The columns of two places, each with latitude and longitude; empty where there are not two.</summary>
    List<string> Places()
    {
        var numbers = _columns.FindAll(column => column.IsNumber && IsPlace(column));
        var (latitudes, longitudes) = (numbers.FindAll(column => ColumnNames.Latitude().IsMatch(column.Name)), numbers.FindAll(column => ColumnNames.Longitude().IsMatch(column.Name)));
        return latitudes.Count == 2 && longitudes.Count == 2 ? [latitudes[0].Name, longitudes[0].Name, latitudes[1].Name, longitudes[1].Name] : [];
    }

    static string Count(ColumnProfile column) => $"{column.Distinct.ToString("N0", CultureInfo.InvariantCulture)} different";

    static string Share(int part, int all) => (part / (double)all).ToString("0.## %", CultureInfo.InvariantCulture);

    static string Quoted(string name) => ColumnNames.Plain().IsMatch(name) && name is not ("on" or "off" or "true" or "false" or "null" or "include")
        ? name : $"\"{name.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n").Replace("\r", "\\r").Replace("\t", "\\t")}\"";

    /// <summary>A name or a value of the file, in a comment: what follows a line end in it would be read as configuration.</summary>
    static string InComment(string text) => CardNumbers.Masked(text.ReplaceLineEndings(" "));

    void Line(string text) => _text.Append(text).Append('\n');
}
