using System.Globalization;

namespace FraudStreams.Dashboard.Live;

/// <summary>Numbers as the page writes them.</summary>
static class Shown
{
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public static string Rate(double perSecond) => $"{(perSecond is > 0 and < 9.95 ? perSecond.ToString("0.0", CultureInfo.InvariantCulture) : perSecond.ToString("N0", CultureInfo.InvariantCulture))}/s";

    public static string PerMinute(double value) => value.ToString(value is > 0 and < 9.95 ? "0.0" : "N0", CultureInfo.InvariantCulture);

    public static string Latency(double? seconds) => seconds switch
    {
        null => "–",
        < 0.01 => $"{seconds * 1000:0.0} ms",
        < 1 => $"{seconds * 1000:0} ms",
        _ => $"{seconds:0.0} s",
    };

    public static string Duration(TimeSpan time) => time.TotalHours >= 1 ? $"{(int)time.TotalHours} h {time.Minutes} min" : time.TotalMinutes >= 1 ? $"{time.Minutes} min {time.Seconds} s" : $"{time.Seconds} s";

    public static string Amount(double amount) => amount.ToString("N2", CultureInfo.InvariantCulture);

    public static string Score(double score) => score.ToString("0.000", CultureInfo.InvariantCulture);

    public static string Time(DateTime utc) => utc.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
