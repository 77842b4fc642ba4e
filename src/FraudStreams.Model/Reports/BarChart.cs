using System.Collections.Immutable;

namespace FraudStreams.Model.Reports;

/// <summary>Bars of one series.</summary>
/// <param name="Name">In the legend and as the head of its column.</param>
/// <param name="Values">One a group, from 0; NaN where it is not known.</param>
public sealed record BarSeries(string Name, ImmutableArray<double> Values);

/// <summary>Bars by group, side by side where there are several series. Standing for hours and ranges; lying where the groups have names.</summary>
/// <param name="GroupLabel">What the groups are.</param>
/// <param name="Values">The axis of the values; it begins at 0.</param>
/// <param name="Groups">Names of the groups.</param>
public sealed record BarChart(string Title, string GroupLabel, ChartAxis Values, ImmutableArray<string> Groups, ImmutableArray<BarSeries> Series) : Chart(Title)
{
    const int Left = 66, Right = 14, Plot = 200, Bottom = 44;
    const int Names = 220, Figures = 74, Thick = 16;

    /// <summary>Whether the bars lie, each behind its name.</summary>
    public bool IsLying { get; init; }

    public override ReportTable Table => new(
        Title, [GroupLabel, .. Series.Select(series => series.Name)],
        [.. Groups.Select((group, at) => (ImmutableArray<string>)[group, .. Series.Select(series => Values.Show(series.Values[at]))])]);

    private protected override SvgWriter Drawn()
    {
        var svg = new SvgWriter();
        var top = Legend(svg, [.. Series.Select((series, number) => (series.Name, $"f{number % 4}", false))]) + 8;
        var axis = Values with { From = 0 };
        var values = Series.SelectMany(series => series.Values);
        if (IsLying)
            DrawLying(svg, new AxisScale(axis, values, Names, Width - Figures), top);
        else
            DrawStanding(svg, new AxisScale(axis, values, top + Plot, top), top);
        return svg;
    }

    void DrawStanding(SvgWriter svg, AxisScale y, double top)
    {
        var bottom = top + Plot;
        svg.Height = bottom + Bottom;
        foreach (var (value, text) in y.Ticks())
        {
            svg.Line(Left, y.At(value), Width - Right, y.At(value), "grid");
            svg.Text(Left - 6, y.At(value) + 4, text, "end", "quiet");
        }

        var room = (Width - Left - Right) / (double)Math.Max(1, Groups.Length);
        var bar = room * 0.8 / Series.Length;
        var free = double.NegativeInfinity;
        for (var group = 0; group < Groups.Length; group++)
        {
            var middle = Left + (room * (group + 0.5));
            for (var number = 0; number < Series.Length; number++)
            {
                if (Series[number].Values[group] is var value && double.IsFinite(value))
                    svg.Rect(middle + (bar * (number - (Series.Length / 2.0))), y.At(value), bar, bottom - y.At(value), $"f{number % 4}", Told(group, number));
            }

            var half = SvgWriter.WidthOf(Groups[group]) / 2;
            if (middle - half < free || middle + half > Width)
                continue;
            svg.Text(middle, bottom + 17, Groups[group], "middle", "quiet");
            free = middle + half + 5;
        }

        svg.Line(Left, bottom, Width - Right, bottom, "axis");
        svg.Text((Left + Width - Right) / 2.0, bottom + 36, GroupLabel, "middle", "quiet");
        svg.Upright(11, (top + bottom) / 2, Values.Label);
    }

    void DrawLying(SvgWriter svg, AxisScale x, double top)
    {
        var room = (Series.Length * Thick) + 6;
        svg.Height = top + (Groups.Length * room) + 6;
        svg.Line(Names, top, Names, top + (Groups.Length * room), "axis");
        for (var group = 0; group < Groups.Length; group++)
        {
            var y = top + (group * room) + 3;
            svg.Text(Names - 7, y + (Series.Length * Thick / 2.0) + 4, SvgWriter.Fit(Groups[group], Names - 12), "end");
            for (var number = 0; number < Series.Length; number++)
            {
                if (Series[number].Values[group] is not (var value and >= 0))
                    continue;
                svg.Rect(Names, y + (number * Thick), x.At(value) - Names, Thick - 2, $"f{number % 4}", Told(group, number));
                svg.Text(x.At(value) + 5, y + (number * Thick) + 11, Values.Show(value), style: "quiet");
            }
        }
    }

    string Told(int group, int number) => $"{Groups[group]}, {Series[number].Name}: {Values.Show(Series[number].Values[group])}";
}
