using System.Globalization;

namespace FraudStreams.Model.Reports;

/// <summary>What the values of an axis are.</summary>
public enum AxisFormat
{
    /// <summary>Any number.</summary>
    Number,

    /// <summary>A share, 0..1, shown in percent.</summary>
    Share,

    /// <summary>A moment in Unix milliseconds, shown in UTC.</summary>
    Time,
}

/// <summary>An axis: its label, and what its values are. It spans the chart's values unless it says otherwise.</summary>
public sealed record ChartAxis(string Label, AxisFormat Format = AxisFormat.Number)
{
    /// <summary>The least value; null for that of the chart's values.</summary>
    public double? From { get; init; }

    /// <summary>The greatest value; null as above.</summary>
    public double? To { get; init; }

    /// <summary>A value as tables and tooltips show it.</summary>
    public string Show(double value) => Format switch
    {
        AxisFormat.Share => ReportText.Share(value),
        AxisFormat.Time => ReportText.Time(DateTimeOffset.FromUnixTimeMilliseconds((long)value)),
        _ => ReportText.Number(value),
    };
}

/// <summary>An axis over values, laid out on pixels.</summary>
sealed class AxisScale
{
    const long Day = 24 * Hour;
    const long Hour = 3_600_000;

    static readonly long[] s_times = [Hour / 4, Hour, 3 * Hour, 6 * Hour, 12 * Hour, Day, 2 * Day, 7 * Day, 14 * Day];

    readonly ChartAxis _axis;
    readonly double _start;
    readonly double _end;

    /// <param name="start">Pixel of the least value.</param>
    /// <param name="end">Pixel of the greatest; may lie before the start, as on an axis that points up.</param>
    public AxisScale(ChartAxis axis, IEnumerable<double> values, double start, double end)
    {
        (_axis, _start, _end) = (axis, start, end);
        (From, To) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values)
        {
            if (double.IsFinite(value))
                (From, To) = (Math.Min(From, value), Math.Max(To, value));
        }

        (From, To) = (axis.From ?? (double.IsFinite(From) ? From : 0), axis.To ?? (double.IsFinite(To) ? To : 1));
        if (!(To > From))
            To = From + (axis.Format == AxisFormat.Time ? Hour : Math.Max(1e-9, Math.Abs(From)));
        if (axis.Format == AxisFormat.Time)
            return;
        if (axis.From is null)
            From = Step * Math.Floor((From / Step) + 1e-9);
        if (axis.To is null)
            To = Step * Math.Ceiling((To / Step) - 1e-9);
    }

    public double From { get; private set; }

    public double To { get; private set; }

    /// <summary>Of numbers: a step of 1, 2 or 5 times a power of ten that cuts the axis in some five parts.</summary>
    double Step
    {
        get
        {
            var rough = (To - From) / 5;
            var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
            return power * ((rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 });
        }
    }

    public double At(double value) => _start + ((Math.Clamp(value, From, To) - From) / (To - From) * (_end - _start));

    /// <summary>The values that have a line, with their texts.</summary>
    public IEnumerable<(double Value, string Text)> Ticks() => _axis.Format == AxisFormat.Time ? Times() : Numbers();

    IEnumerable<(double, string)> Numbers()
    {
        var step = Step;
        var (scale, unit) = _axis.Format == AxisFormat.Share ? (100, "%") : To >= 1e6 ? (1e-6, "M") : To >= 1e5 ? (1e-3, "k") : (1, "");
        var decimals = Math.Clamp((int)Math.Ceiling(-Math.Log10(step * scale) - 1e-9), 0, 9);
        for (var tick = Math.Ceiling((From / step) - 1e-9); tick * step <= To + (step * 1e-9); tick++)
            yield return (tick * step, tick == 0 && scale < 1 ? "0" : ((tick * step * scale) + 0.0).ToString($"#,0.{new string('0', decimals)}", CultureInfo.InvariantCulture) + unit);
    }

    IEnumerable<(double, string)> Times()
    {
        var step = Array.Find(s_times, step => (To - From) / step <= 7);
        if (step > 0)
        {
            for (var time = (long)Math.Ceiling(From / step) * step; time <= To; time += step)
                yield return (time, DateTimeOffset.FromUnixTimeMilliseconds(time).ToString(step < Day ? "MM-dd HH:mm" : "yyyy-MM-dd", CultureInfo.InvariantCulture));
            yield break;
        }

        var from = DateTimeOffset.FromUnixTimeMilliseconds((long)From);
        var months = Array.Find([1, 2, 3, 6, 12, 24, 60], months => (To - From) / (months * 30.4 * Day) <= 7) is > 0 and var found ? found : 120;
        for (var month = new DateTimeOffset(from.Year, 1, 1, 0, 0, 0, TimeSpan.Zero); month.ToUnixTimeMilliseconds() <= To; month = month.AddMonths(months))
        {
            if (month >= from)
                yield return (month.ToUnixTimeMilliseconds(), month.ToString("yyyy-MM", CultureInfo.InvariantCulture));
        }
    }
}
