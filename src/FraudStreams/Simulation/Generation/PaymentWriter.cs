using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace FraudStreams.Simulation.Generation;

/// <summary>
/// Writes payments as the bytes that a source of the schema `cards` would send: JSON objects, or rows of a CSV file with the columns of
/// the public data set that the schema was made for. What belongs to a card or merchant is written once and copied from then on.
/// </summary>
public sealed class PaymentWriter
{
    const int VariableBytes = 512;
    const int IdRounds = 6;

    readonly int _seed;
    readonly byte[][] _numbers;
    readonly byte[][] _jsonHolders;
    readonly byte[][] _jsonMerchants;
    readonly byte[][] _jsonPlaces;
    readonly byte[][] _csvHolders;
    readonly byte[][] _csvMerchants;
    readonly byte[][] _csvPlaces;

    public PaymentWriter(PaymentGenerator generator)
    {
        var world = generator.World;
        _seed = generator.Settings.Seed;
        _numbers = [.. world.Cards.Select(card => Encoding.ASCII.GetBytes(card.Number))];
        _jsonHolders = [.. world.Cards.Select(card => Utf8(JsonHolder(card, world.Towns[card.Town])))];
        _csvHolders = [.. world.Cards.Select(card => Utf8(string.Join(',', HolderFields(card, world.Towns[card.Town]).Select(f => f.Value))))];
        _jsonMerchants = [.. world.Merchants.Select(m => Utf8($"\"merchant\":\"{m.Name}\",\"category\":\"{Category.All[m.Category].Name}\""))];
        _csvMerchants = [.. world.Merchants.Select(m => Utf8($"{m.Name},{Category.All[m.Category].Name}"))];
        _jsonPlaces = [.. world.Merchants.Select(m => Utf8($"\"merch_lat\":{Degrees(m.Place.Latitude)},\"merch_long\":{Degrees(m.Place.Longitude)}"))];
        _csvPlaces = [.. world.Merchants.Select(m => Utf8($"{Degrees(m.Place.Latitude)},{Degrees(m.Place.Longitude)}"))];
    }

    /// <summary>The first line of a CSV file. As in the data set, the first column is the row's number and has no name.</summary>
    public static ReadOnlySpan<byte> CsvHeader =>
        ",trans_date_trans_time,cc_num,merchant,category,amt,first,last,gender,street,city,state,zip,lat,long,city_pop,job,dob,trans_num,unix_time,merch_lat,merch_long,is_fraud\n"u8;

    /// <summary>The card number's digits: the payment's key in a topic.</summary>
    public ReadOnlySpan<byte> Key(in Payment payment) => _numbers[payment.Card];

    public void WriteJson(in Payment payment, IBufferWriter<byte> to)
    {
        var text = new Utf8Text(to.GetSpan(VariableBytes + _jsonHolders[payment.Card].Length + _jsonMerchants[payment.Merchant].Length));
        text.Add("{\"trans_date_trans_time\":\""u8);
        text.AddTime(payment.UnixSeconds);
        text.Add("\",\"cc_num\":\""u8);
        text.Add(_numbers[payment.Card]);
        text.Add("\","u8);
        text.Add(_jsonMerchants[payment.Merchant]);
        text.Add(",\"amt\":"u8);
        text.AddCents(payment.Cents);
        text.Add(","u8);
        text.Add(_jsonHolders[payment.Card]);
        text.Add(",\"trans_num\":\""u8);
        AddId(ref text, payment.Number);
        text.Add("\",\"unix_time\":"u8);
        text.Add(payment.UnixSeconds);
        text.Add(","u8);
        text.Add(_jsonPlaces[payment.Merchant]);
        text.Add(payment.IsFraud ? ",\"is_fraud\":1}"u8 : ",\"is_fraud\":0}"u8);
        to.Advance(text.Length);
    }

    /// <summary>Writes one row and its line end.</summary>
    public void WriteCsv(in Payment payment, IBufferWriter<byte> to)
    {
        var text = new Utf8Text(to.GetSpan(VariableBytes + _csvHolders[payment.Card].Length + _csvMerchants[payment.Merchant].Length));
        text.Add(payment.Number);
        text.Add(","u8);
        text.AddTime(payment.UnixSeconds);
        text.Add(","u8);
        text.Add(_numbers[payment.Card]);
        text.Add(","u8);
        text.Add(_csvMerchants[payment.Merchant]);
        text.Add(","u8);
        text.AddCents(payment.Cents);
        text.Add(","u8);
        text.Add(_csvHolders[payment.Card]);
        text.Add(","u8);
        AddId(ref text, payment.Number);
        text.Add(","u8);
        text.Add(payment.UnixSeconds);
        text.Add(","u8);
        text.Add(_csvPlaces[payment.Merchant]);
        text.Add(payment.IsFraud ? ",1\n"u8 : ",0\n"u8);
        to.Advance(text.Length);
    }

    /// <summary>
    /// 128 bits in hexadecimal that no other payment of any seed has: a Feistel network (which is a bijection, whatever its rounds mix)
    /// over the pair of seed and number.
    /// </summary>
    void AddId(ref Utf8Text text, long number)
    {
        ulong left = (uint)_seed, right = (ulong)number;
        for (ulong round = 1; round <= IdRounds; round++)
            (left, right) = (right, left ^ SeededRandom.Mix(right + (round * Salt.Id * 0x9E3779B97F4A7C15)));
        text.AddHex(left);
        text.AddHex(right);
    }

    static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    static string Degrees(double value) => value.ToString("0.000000", CultureInfo.InvariantCulture);

    static string JsonHolder(Card card, Town town) =>
        string.Join(',', HolderFields(card, town).Select(f => f.IsText ? $"\"{f.Name}\":\"{f.Value}\"" : $"\"{f.Name}\":{f.Value}"));

    static IEnumerable<(string Name, string Value, bool IsText)> HolderFields(Card card, Town town) =>
    [
        ("first", card.Holder.First, true),
        ("last", card.Holder.Last, true),
        ("gender", card.Holder.Gender.ToString(), true),
        ("street", card.Holder.Street, true),
        ("city", town.Name, true),
        ("state", town.Region, true),
        ("zip", town.Zip, true),
        ("lat", card.Home.Latitude.ToString("0.0000", CultureInfo.InvariantCulture), false),
        ("long", card.Home.Longitude.ToString("0.0000", CultureInfo.InvariantCulture), false),
        ("city_pop", town.Population.ToString(CultureInfo.InvariantCulture), false),
        ("job", card.Holder.Job, true),
        ("dob", card.Holder.Born.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), true),
    ];
}

/// <summary>Appends UTF-8 text to a span that is long enough.</summary>
ref struct Utf8Text(Span<byte> into)
{
    readonly Span<byte> _into = into;

    public int Length { get; private set; }

    public void Add(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_into[Length..]);
        Length += text.Length;
    }

    public void Add(long value)
    {
        Utf8Formatter.TryFormat(value, _into[Length..], out var written);
        Length += written;
    }

    public void AddCents(long cents)
    {
        var (whole, rest) = Math.DivRem(cents, 100);
        Add(whole);
        _into[Length++] = (byte)'.';
        AddTwo((int)rest);
    }

    /// <summary>yyyy-MM-dd HH:mm:ss in UTC.</summary>
    public void AddTime(long unixSeconds)
    {
        var time = DateTime.UnixEpoch.AddSeconds(unixSeconds);
        var (date, clock) = (DateOnly.FromDateTime(time), TimeOnly.FromDateTime(time));
        AddTwo(date.Year / 100);
        AddTwo(date.Year % 100);
        _into[Length++] = (byte)'-';
        AddTwo(date.Month);
        _into[Length++] = (byte)'-';
        AddTwo(date.Day);
        _into[Length++] = (byte)' ';
        AddTwo(clock.Hour);
        _into[Length++] = (byte)':';
        AddTwo(clock.Minute);
        _into[Length++] = (byte)':';
        AddTwo(clock.Second);
    }

    public void AddHex(ulong value)
    {
        Utf8Formatter.TryFormat(value, _into[Length..], out var written, new StandardFormat('x', 16));
        Length += written;
    }

    void AddTwo(int value)
    {
        _into[Length++] = (byte)('0' + (value / 10));
        _into[Length++] = (byte)('0' + (value % 10));
    }
}
