using System.Globalization;
using FraudStreams.Model.Schemas;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Schemas;

public sealed class TextTests
{
    [Theory]
    [InlineData("unix-seconds", "1325376108", "2012-01-01T00:01:48.000Z")]
    [InlineData("unix-seconds", "1325376108.25", "2012-01-01T00:01:48.250Z")]
    [InlineData("unix-milliseconds", "1325376108250", "2012-01-01T00:01:48.250Z")]
    [InlineData("yyyy-MM-dd HH:mm:ss", "2019-12-31 23:59:59", "2019-12-31T23:59:59.000Z")]
    [InlineData("yyyy-MM-dd", "2000-02-29", "2000-02-29T00:00:00.000Z")]
    [InlineData("yyyy-MM-dd", "1969-03-10", "1969-03-10T00:00:00.000Z")]
    [InlineData("yyyy-MM-dd", "1800-01-01", "1800-01-01T00:00:00.000Z")]
    [InlineData("iso-8601", "2026-11-21T01:02:03Z", "2026-11-21T01:02:03.000Z")]
    [InlineData("iso-8601", "2026-11-21T01:02:03.4567+02:00", "2026-11-20T23:02:03.456Z")]
    [InlineData("seconds-from 2013-09-01", "73479.0", "2013-09-01T20:24:39.000Z")]
    [InlineData("hours-from 2017-01-01", "25", "2017-01-02T01:00:00.000Z")]
    [InlineData("hours-from 2017-01-01 12:00:00", "1", "2017-01-01T13:00:00.000Z")]
    public void Times_are_parsed_in_their_format(string format, string text, string expected)
    {
        TimeFormat.TryParse(format, out var parsed).ShouldBeTrue();

        TimeText.TryParse(parsed, text.Utf8(), out var time).ShouldBeTrue();

        var written = new byte[24];
        TimeText.WriteIso8601(time, written).ShouldBe(24);
        new ReadOnlySpan<byte>(written).Text().ShouldBe(expected);
        parsed.ToString().ShouldBe(format);
    }

    [Theory]
    [InlineData("yyyy-MM-dd", "2001-02-29")]
    [InlineData("yyyy-MM-dd", "2001-13-01")]
    [InlineData("yyyy-MM-dd", "2001-00-01")]
    [InlineData("yyyy-MM-dd", "01-01-2001")]
    [InlineData("yyyy-MM-dd", "2001-01-01 ")]
    [InlineData("yyyy-MM-dd HH:mm:ss", "2019-12-31 24:00:00")]
    [InlineData("yyyy-MM-dd HH:mm:ss", "2019-12-31T23:59:59")]
    [InlineData("iso-8601", "2019-12-31T23:59:59")]
    [InlineData("iso-8601", "2019-12-31T23:59:59.Z")]
    [InlineData("iso-8601", "2019-12-31T23:59:59+2:00")]
    [InlineData("unix-seconds", "1.36E+09")]
    [InlineData("unix-seconds", "NaN")]
    [InlineData("unix-seconds", "")]
    public void An_invalid_time_is_refused(string format, string text)
    {
        TimeFormat.TryParse(format, out var parsed).ShouldBeTrue();

        TimeText.TryParse(parsed, text.Utf8(), out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("unix-seconds", "1325376108000")]
    [InlineData("unix-milliseconds", "-10000000000000000")]
    [InlineData("hours-from 1950-01-01", "-1e14")]
    [InlineData("hours-from 2017-01-01", "1e300")]
    public void A_count_in_the_wrong_unit_is_a_time_out_of_range(string format, string text)
    {
        TimeFormat.TryParse(format, out var parsed).ShouldBeTrue();

        TimeText.TryParse(parsed, text.Utf8(), out var time).ShouldBeTrue();

        (time is >= TimeFormat.Earliest and <= TimeFormat.Latest).ShouldBeFalse();
    }

    [Fact]
    public void Every_day_of_four_centuries_parses_to_its_date()
    {
        for (var day = new DateOnly(1800, 1, 1); day.Year < 2200; day = day.AddDays(1))
        {
            TimeText.TryParseDate(day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture).Utf8(), out var time).ShouldBeTrue();

            if (time != new DateTimeOffset(day, default, default).ToUnixTimeMilliseconds())
                time.ShouldBe(new DateTimeOffset(day, default, default).ToUnixTimeMilliseconds(), day.ToString());
        }
    }

    [Fact]
    public void Numbers_parse_to_the_nearest_double_like_the_framework()
    {
        var random = new Random(20261121);
        for (var i = 0; i < 200_000; i++)
        {
            var text = random.Next(6) switch
            {
                0 => random.Next(-100_000, 100_000).ToString(CultureInfo.InvariantCulture),
                1 => (random.Next() / 100.0).ToString(CultureInfo.InvariantCulture),
                2 => BitConverter.Int64BitsToDouble(random.NextInt64()).ToString("R", CultureInfo.InvariantCulture),
                3 => random.NextInt64().ToString(CultureInfo.InvariantCulture) + "." + random.NextInt64().ToString(CultureInfo.InvariantCulture),
                4 => $"-0.{new string('0', random.Next(10))}{random.Next()}",
                _ => $"{random.Next()}e{random.Next(-330, 330)}",
            };

            NumberText.TryParse(text.Utf8(), out var number).ShouldBeTrue();

            var expected = double.Parse(text, CultureInfo.InvariantCulture);
            if (BitConverter.DoubleToInt64Bits(number) != BitConverter.DoubleToInt64Bits(expected))
                number.ShouldBe(expected, text);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("1 ")]
    [InlineData(" 1")]
    [InlineData("1,000")]
    [InlineData("0x10")]
    [InlineData("1e")]
    [InlineData("1.2.3")]
    [InlineData("--1")]
    public void An_invalid_number_is_refused(string text) => NumberText.TryParse(text.Utf8(), out _).ShouldBeFalse();

    [Theory]
    [InlineData("0", true)]
    [InlineData("-0", true)]
    [InlineData("10.50", true)]
    [InlineData("1e-7", true)]
    [InlineData("1.5E+10", true)]
    [InlineData("01", false)]
    [InlineData(".5", false)]
    [InlineData("5.", false)]
    [InlineData("+5", false)]
    [InlineData("1e", false)]
    [InlineData("-", false)]
    [InlineData("", false)]
    [InlineData("NaN", false)]
    public void Json_numbers_are_told_from_other_numbers(string text, bool json) => NumberText.IsJsonNumber(text.Utf8()).ShouldBe(json);

    [Theory]
    [InlineData("6565356119945483", "****5483")]
    [InlineData("12345678", "****5678")]
    [InlineData("1234567", "****")]
    [InlineData("C1231006815", "****")]
    [InlineData("Trujillo", "****")]
    [InlineData("", "****")]
    public void A_masked_secret_shows_at_most_the_last_four_digits(string value, string masked) =>
        SecretText.Mask(value.Utf8()).ShouldBe(masked);
}
