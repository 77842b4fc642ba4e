using System.Collections.Immutable;
using System.Globalization;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Profiling;

/// <summary>
/// Counts what a data set of payments is like, in one pass over its rows in the order of the file. Memory is bounded but for 64-bit hashes by which duplicates
/// are found, some 100 bytes a row, up to <see cref="MostHashed"/> rows. Not thread-safe.
/// </summary>
public sealed class DatasetProfiler
{
    /// <summary>Different values of a field that are counted.</summary>
    public const int MostDistinct = 50_000;

    /// <summary>Rows of which distributions are drawn, of payments that are no fraud and of frauds each.</summary>
    public const int SampleRows = 50_000;

    /// <summary>Rows among which duplicates are looked for.</summary>
    public const long MostHashed = 20_000_000;

    const long Day = 86_400_000;
    const int MostPeriods = 70;
    const int MostCards = 10;

    static readonly string[] s_weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

    readonly TransactionSchema _schema;
    readonly ImmutableArray<FieldTally> _fields;
    readonly int[] _numbers;
    readonly double[] _row;
    readonly NumberSample _legitimate;
    readonly NumberSample _fraud;
    readonly Dictionary<int, TimeOffsets> _offsets = [];
    readonly PlaceTally? _places;
    readonly Dictionary<string, (long Rows, string Example)> _rejected = [];
    readonly HashSet<ulong> _lines = [], _ids = [], _payments = [];
    readonly Dictionary<ulong, (GroupTally Tally, string Masked)> _cards = [];
    readonly GroupTally[] _hours = new GroupTally[24], _weekdays = new GroupTally[7];
    readonly SortedDictionary<long, GroupTally> _days = [];
    readonly SortedDictionary<int, GroupTally> _amounts = [];
    GroupTally _all;
    long _sameRow, _sameId, _samePayment;
    long _from = long.MaxValue, _to = long.MinValue, _late, _latest, _atMidnight;
    long _negative, _zero, _fractions;

    /// <param name="schema">The schema of the rows.</param>
    public DatasetProfiler(TransactionSchema schema)
    {
        _schema = schema;
        _fields = [.. schema.Fields.Select((field, index) => new FieldTally(field, index != schema.IdField && index != schema.CardField))];
        _numbers = [.. Enumerable.Range(0, schema.Fields.Length).Where(IsShownNumber)];
        _row = new double[_numbers.Length];
        (_legitimate, _fraud) = (new NumberSample(), new NumberSample());
        foreach (var index in Enumerable.Range(0, schema.Fields.Length).Where(IsSecondTime))
            _offsets[index] = new TimeOffsets(schema.Fields[index]);
        _places = PlaceTally.For(schema);
    }

    /// <summary>A row that cannot be read.</summary>
    public void Reject(RejectReason reason)
    {
        var (rows, example) = _rejected.GetValueOrDefault(reason.Code, (0, reason.Message));
        _rejected[reason.Code] = (rows + 1, example);
    }

    /// <summary>The next rows of the file.</summary>
    public void Add(TransactionRows rows)
    {
        for (var row = 0; row < rows.Count; row++)
            Add(rows, row);
    }

    /// <summary>What was counted.</summary>
    /// <param name="name">The data set's name.</param>
    public DatasetProfile Profile(string name)
    {
        var (days, periods) = Periods();
        return new DatasetProfile(
            name, _schema.Name, _all.As("all"), _all.Payments == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(_from), _all.Payments == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(_to),
            [.. _rejected.OrderByDescending(code => code.Value.Rows).ThenBy(code => code.Key, StringComparer.Ordinal).Select(code => new RejectedCount(code.Key, code.Value.Rows, code.Value.Example))],
            new DuplicateCounts(_sameRow, _sameId, _samePayment), Oddities(), [.. _schema.Fields.Select(FieldOf)],
            [.. _hours.Select((hour, at) => hour.As($"{at:00}"))], [.. _weekdays.Select((day, at) => day.As(s_weekdays[at]))], periods, days,
            [.. _amounts.Select(band => band.Value.As(AmountRange.NameOf(band.Key)))], Cards(), _places?.Profile());
    }

    bool IsShownNumber(int index) => index != _schema.LabelField && _schema.Fields[index] is { Type: FieldType.Number or FieldType.Integer, Secret: false };

    bool IsSecondTime(int index) => index != _schema.TimeField
        && _schema.Fields[index] is { Type: FieldType.Time, Secret: false } field && field.TimeFormats.All(format => format.Kind != TimeFormatKind.Date);

    void Add(TransactionRows rows, int row)
    {
        var label = rows.Label(row);
        _all.Add(label);
        for (var index = 0; index < _fields.Length; index++)
            _fields[index].Add(rows, row, index, label);
        AddTime(rows, row, label);
        AddAmount(rows, row, label);
        AddCard(rows, row, label);
        _places?.Add(rows, row, label);
        for (var at = 0; at < _numbers.Length; at++)
            _row[at] = rows.Number(row, _numbers[at]);
        (label == true ? _fraud : _legitimate).Add(_row);
        if (_all.Payments <= MostHashed)
            FindDuplicates(rows, row);
    }

    void AddTime(TransactionRows rows, int row, bool? label)
    {
        var time = rows.EventTime(row);
        if (time < _to)
            (_late, _latest) = (_late + 1, Math.Max(_latest, _to - time));
        (_from, _to) = (Math.Min(_from, time), Math.Max(_to, time));
        var (day, inDay) = (Math.DivRem(time, Day) is var (whole, rest) && rest < 0 ? whole - 1 : whole, ((time % Day) + Day) % Day);
        if (inDay == 0)
            _atMidnight++;
        _hours[inDay / (Day / 24)].Add(label);

        // 1970-01-01 was a Thursday.
        _weekdays[(((day + 3) % 7) + 7) % 7].Add(label);
        _days.TryGetValue(day, out var tally);
        tally.Add(label);
        _days[day] = tally;
        foreach (var (index, offsets) in _offsets)
        {
            if (rows.Time(row, index) is { } other)
                offsets.Add(time, other);
        }
    }

    void AddAmount(TransactionRows rows, int row, bool? label)
    {
        var amount = rows.Amount(row);
        if (amount < 0)
            _negative++;
        else if (amount == 0)
            _zero++;
        if (rows.Written(row, _schema.AmountField) is var written && written.IndexOf((byte)'.') is >= 0 and var point && written[(point + 1)..].TrimEnd((byte)'0').Length > 2)
            _fractions++;
        var band = AmountRange.Of(amount);
        _amounts.TryGetValue(band, out var tally);
        tally.Add(label);
        _amounts[band] = tally;
    }

    void AddCard(TransactionRows rows, int row, bool? label)
    {
        if (_schema.CardField < 0 || _cards.Count > MostDistinct)
            return;
        var card = rows.Text(row, _schema.CardField);
        var hash = StableHash.Of(card);
        var (tally, masked) = _cards.TryGetValue(hash, out var known) ? known : (default, SecretText.Mask(card));
        tally.Add(label);
        _cards[hash] = (tally, masked);
    }

    void FindDuplicates(TransactionRows rows, int row)
    {
        if (!_lines.Add(StableHash.Of(rows.Source(row))))
        {
            _sameRow++;
            return;
        }

        if (!_schema.Roles.IdFromRow && !_ids.Add(StableHash.Of(rows.Id(row))))
        {
            _sameId++;
            return;
        }

        Span<ulong> payment =
        [
            _schema.CardField < 0 ? 0 : StableHash.Of(rows.Text(row, _schema.CardField)), (ulong)rows.EventTime(row), BitConverter.DoubleToUInt64Bits(rows.Amount(row)),
            _schema.MerchantField < 0 ? 0 : StableHash.Of(rows.Text(row, _schema.MerchantField)),
        ];
        if (!_payments.Add(StableHash.Of(System.Runtime.InteropServices.MemoryMarshal.AsBytes(payment))) && _schema.CardField >= 0)
            _samePayment++;
    }

    FieldProfile FieldOf(SchemaField field, int index)
    {
        var tally = _fields[index];
        var column = Array.IndexOf(_numbers, index);
        return new FieldProfile(
            field.Name, field.Type.ToString().ToLowerInvariant(), field.Secret, tally.Missing, tally.Distinct, tally.MostFrequent(),
            column < 0 ? null : Distributions.Of(tally, _legitimate.Sorted(column), _fraud.Sorted(column)));
    }

    ImmutableArray<GroupCount> Cards() => _cards.Count > MostDistinct ? [] :
    [
        .. _cards.OrderByDescending(card => card.Value.Tally.Payments).ThenBy(card => card.Key).Take(MostCards).Select(card => card.Value.Tally.As(card.Value.Masked)),
    ];

    (int Days, ImmutableArray<GroupCount> Periods) Periods()
    {
        if (_days.Count == 0)
            return (1, []);
        var (first, last) = (_days.Keys.First(), _days.Keys.Last());
        var days = Array.Find([1, 7, 28, 91, 364], days => (last - first) / days < MostPeriods) is > 0 and var found ? found : (int)((last - first) / MostPeriods) + 1;
        var periods = new GroupTally[((last - first) / days) + 1];
        foreach (var (day, tally) in _days)
            periods[(day - first) / days] = periods[(day - first) / days].With(tally);
        return (days, [.. periods.Select((period, at) => period.As(DateTimeOffset.FromUnixTimeMilliseconds((first + (at * days)) * Day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)))]);
    }

    ImmutableArray<Oddity> Oddities()
    {
        var found = ImmutableArray.CreateBuilder<Oddity>();
        if (_all.Payments == 0)
            return [];
        var time = _schema.Fields[_schema.TimeField].Name;
        var amount = _schema.Fields[_schema.AmountField].Name;
        found.AddRange(_offsets.Values.Select(offsets => offsets.Find(time)).OfType<Oddity>());
        if (_late > 0)
            found.Add(new Oddity("not-in-order", time, _late, $"{_late:#,0} rows are earlier than one above them, by {TimeSpan.FromMilliseconds(_latest).TotalHours:#,0.##} hours at most; training sorts them, a replay sends them late"));
        if (_atMidnight == _all.Payments && _all.Payments > 1)
            found.Add(new Oddity("date-only", time, _all.Payments, $"{time} is always midnight: days without a time of day, so hours tell nothing"));
        if (EmptyDays() is > 0 and var empty)
            found.Add(new Oddity("days-without-payments", time, 0, $"{empty:#,0} of the days between the first and the last payment have none"));
        Count("amount-negative", amount, _negative, "below 0: refunds, perhaps, which are no payments");
        Count("amount-zero", amount, _zero, "0: checks of a card, perhaps");
        Count("amount-decimals", amount, _fractions, "of more than two decimals: computed or converted, not paid");
        for (var index = 0; index < _fields.Length; index++)
            AddOddities(found, _schema.Fields[index], _fields[index], index);
        return found.ToImmutable();

        void Count(string code, string field, long rows, string text)
        {
            if (rows > 0)
                found.Add(new Oddity(code, field, rows, $"{field}: {rows:#,0} values {text}"));
        }
    }

    void AddOddities(ImmutableArray<Oddity>.Builder found, SchemaField field, FieldTally tally, int index)
    {
        if (tally.Present == 0)
        {
            found.Add(new Oddity("always-missing", field.Name, tally.Missing, $"{field.Name} has no value in any row"));
            return;
        }

        if (tally.Scientific > 0)
            found.Add(new Oddity("scientific-notation", field.Name, tally.Scientific, $"{field.Name}: {tally.Scientific:#,0} values are in scientific notation, as spreadsheets write long numbers: their last digits may be lost"));
        if (tally.WithCardNumber > 0)
            found.Add(new Oddity("card-number", field.Name, tally.WithCardNumber, $"{field.Name}: in {tally.WithCardNumber:#,0} values stands what may be a card number (one in ten numbers of that form passes by chance), and the field is not secret"));
        if (tally.Blanks > 0)
            found.Add(new Oddity("blanks", field.Name, tally.Blanks, $"{field.Name}: {tally.Blanks:#,0} values begin or end with a blank: the same name may be counted as two"));
        if (tally.Garbled > 0)
            found.Add(new Oddity("wrong-encoding", field.Name, tally.Garbled, $"{field.Name}: {tally.Garbled:#,0} values have characters that a wrong encoding leaves"));
        if (tally.CommonPrefix is { Length: > 0 } prefix)
            found.Add(new Oddity("same-beginning", field.Name, tally.Present, $"{field.Name}: every value begins with {CardNumbers.Masked(prefix)}"));
        if (tally.Distinct == 1 && tally.Present > 1 && index != _schema.LabelField)
            found.Add(new Oddity("one-value", field.Name, tally.Present, $"{field.Name} has the same value in every row: it tells nothing"));
        AddLeaks(found, field, tally, index);
    }

    /// <summary>What gives the label away: groups of nothing but frauds, and numbers whose ranges do not overlap.</summary>
    void AddLeaks(ImmutableArray<Oddity>.Builder found, SchemaField field, FieldTally tally, int index)
    {
        const long enough = 20;
        foreach (var (value, group) in field.Secret ? [] : tally.Values.Where(value => value.Value.Frauds >= enough && value.Value.Frauds == value.Value.Labelled).Take(3))
            found.Add(new Oddity("only-frauds", field.Name, group.Payments, $"{field.Name} = {CardNumbers.Masked(value)}: all {group.Labelled:#,0} labelled payments are frauds"));
        if (Array.IndexOf(_numbers, index) is >= 0 and var column && _legitimate.Sorted(column) is { Length: >= (int)enough } legitimate && _fraud.Sorted(column) is { Length: >= (int)enough } fraud
            && (fraud[0] > legitimate[^1] || fraud[^1] < legitimate[0]))
            found.Add(new Oddity("label-given-away", field.Name, _all.Frauds, $"{field.Name}: values of frauds and of other payments do not overlap; it may have been filled in when the label was known"));
    }

    long EmptyDays() => _days.Count == 0 ? 0 : _days.Keys.Last() - _days.Keys.First() + 1 - _days.Count;
}
