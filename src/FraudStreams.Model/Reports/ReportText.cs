using System.Globalization;
using System.Net;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Reports;

/// <summary>How reports write numbers, times and texts.</summary>
public static class ReportText
{
    /// <summary>A whole number with groups: "1,296,675".</summary>
    public static string Count(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>A number with at most two decimals below a thousand's groups, more where it is small; empty where it is not known (NaN).</summary>
    public static string Number(double value) => double.IsNaN(value) ? ""
        : value.ToString(Math.Abs(value) is > 0 and < 0.1 ? "0.####" : "#,0.##", CultureInfo.InvariantCulture);

    /// <summary>A share, 0..1, in percent: "12.5%", "0.58%", "0.012%"; empty where it is not known (NaN).</summary>
    public static string Share(double value) => double.IsNaN(value) ? ""
        : value.ToString(Math.Abs(value) switch { >= 0.1 or 0 => "0.0%", >= 0.001 => "0.00%", _ => "0.000%" }, CultureInfo.InvariantCulture);

    /// <summary>A metric, 0..1, with four decimals; empty where it is not known (NaN).</summary>
    public static string Measure(double value) => double.IsNaN(value) ? "" : value.ToString("0.0000", CultureInfo.InvariantCulture);

    /// <summary>A difference of metrics, with its sign; empty where it is not known (NaN).</summary>
    public static string Signed(double value) => double.IsNaN(value) ? "" : value.ToString("+0.0000;-0.0000;0", CultureInfo.InvariantCulture);

    /// <summary>A moment to the minute, in UTC.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>Text as markup shows it: nothing in it is a tag, card numbers are masked, and control characters, which XML does not have, are replaced.</summary>
    public static string Encode(string text)
    {
        var masked = CardNumbers.Masked(text);
        return WebUtility.HtmlEncode(string.Create(masked.Length, masked, static (span, masked) =>
        {
            for (var at = 0; at < span.Length; at++)
                span[at] = char.IsControl(masked[at]) ? ' ' : masked[at];
        }));
    }
}
