using System.Collections.Immutable;

namespace FraudStreams.Model.Reports;

/// <summary>A point of a line, with the bounds of its error where they are known. A value that is NaN interrupts the line.</summary>
public readonly record struct ChartPoint(double X, double Y, double Lower = double.NaN, double Upper = double.NaN);

/// <summary>A line of a chart.</summary>
/// <param name="Name">In the legend and as the head of its column.</param>
/// <param name="Points">By ascending x.</param>
public sealed record LineSeries(string Name, ImmutableArray<ChartPoint> Points)
{
    /// <summary>Whether the line is dashed: a reference, or the former of two versions.</summary>
    public bool IsDashed { get; init; }
}

/// <summary>A vertical line at a value of x, such as a threshold or an alarm.</summary>
public sealed record ChartMark(double X, string Text);

/// <summary>Lines over numbers or time; bounds of an error are a band around their line, or bars where points are few.</summary>
public sealed record LineChart(string Title, ChartAxis X, ChartAxis Y, ImmutableArray<LineSeries> Series) : Chart(Title)
{
    const int Left = 66, Right = 14, Plot = 230, Bottom = 44;
    const int FewPoints = 40, MostRows = 40, GridRows = 20;

    /// <summary>Values of x that are marked.</summary>
    public ImmutableArray<ChartMark> Marks { get; init; } = [];

    /// <summary>
    /// Every x with the values there; where there are many, some round ones, each with the first value at or after it.
    /// </summary>
    public override ReportTable Table
    {
        get
        {
            var places = Series.SelectMany(series => series.Points).Select(point => point.X).Distinct().Order().ToArray();
            if (places.Length > MostRows)
                places = [.. Enumerable.Range(0, GridRows + 1).Select(row => places[0] + ((places[^1] - places[0]) * row / GridRows))];
            return new ReportTable(
                Title, [X.Label, .. Series.Select(series => series.Name)],
                [.. places.Select(place => (ImmutableArray<string>)[X.Show(place), .. Series.Select(series => Shown(series.Points.FirstOrDefault(point => point.X >= place - 1e-9, new ChartPoint(0, double.NaN))))])]);
        }
    }

    private protected override SvgWriter Drawn()
    {
        var svg = new SvgWriter();
        var top = Legend(svg, [.. Series.Select((series, number) => (series.Name, LineClass(series, number), true))]) + (Marks.IsEmpty ? 8 : 22);
        var bottom = top + Plot;
        svg.Height = bottom + Bottom;
        var points = Series.SelectMany(series => series.Points).ToArray();
        var x = new AxisScale(X, points.Select(point => point.X), Left, Width - Right);
        var y = new AxisScale(Y, points.SelectMany(point => (double[])[point.Y, point.Lower, point.Upper]), bottom, top);
        Axes(svg, x, y, X.Label, Y.Label, top, bottom);
        foreach (var mark in Marks)
        {
            svg.Line(x.At(mark.X), top, x.At(mark.X), bottom, "mark");
            if (mark.Text.Length > 0)
                svg.Text(x.At(mark.X), top - 5, mark.Text, x.At(mark.X) > Width * 0.75 ? "end" : x.At(mark.X) < Width * 0.25 ? "start" : "middle", "quiet");
        }

        for (var number = 0; number < Series.Length; number++)
            Draw(svg, Series[number], number, x, y);
        return svg;
    }

    static void Axes(SvgWriter svg, AxisScale x, AxisScale y, string xLabel, string yLabel, double top, double bottom)
    {
        foreach (var (value, text) in y.Ticks())
        {
            svg.Line(Left, y.At(value), Width - Right, y.At(value), "grid");
            svg.Text(Left - 6, y.At(value) + 4, text, "end", "quiet");
        }

        var free = double.NegativeInfinity;
        foreach (var (value, text) in x.Ticks())
        {
            svg.Line(x.At(value), bottom, x.At(value), bottom + 4, "axis");
            var half = SvgWriter.WidthOf(text) / 2;
            if (x.At(value) - half < free)
                continue;
            svg.Text(x.At(value), bottom + 17, text, x.At(value) + half > Width ? "end" : "middle", "quiet");
            free = x.At(value) + half + 6;
        }

        svg.Line(Left, bottom, Width - Right, bottom, "axis");
        svg.Text((Left + Width - Right) / 2.0, bottom + 36, xLabel, "middle", "quiet");
        svg.Upright(11, (top + bottom) / 2, yLabel);
    }

    static string LineClass(LineSeries series, int number) => $"line s{number % 4}{(series.IsDashed ? " dashed" : "")}";

    void Draw(SvgWriter svg, LineSeries series, int number, AxisScale x, AxisScale y)
    {
        var bounds = series.Points.Where(point => double.IsFinite(point.Lower) && double.IsFinite(point.Upper)).ToArray();
        var few = series.Points.Length <= FewPoints;
        if (few)
        {
            foreach (var point in bounds)
                svg.Line(x.At(point.X), y.At(point.Lower), x.At(point.X), y.At(point.Upper), $"s{number % 4}");
        }
        else if (bounds.Length > 0)
            svg.Polygon([.. bounds.Select(point => (x.At(point.X), y.At(point.Upper))), .. bounds.Reverse().Select(point => (x.At(point.X), y.At(point.Lower)))], $"band f{number % 4}");

        for (var at = 0; at < series.Points.Length;)
        {
            var run = series.Points.Skip(at).TakeWhile(point => double.IsFinite(point.Y)).ToArray();
            if (run.Length > 0)
                svg.Polyline(run.Select(point => (x.At(point.X), y.At(point.Y))), LineClass(series, number));
            at += run.Length + 1;
        }

        foreach (var point in few && !series.IsDashed ? series.Points.Where(point => double.IsFinite(point.Y)) : [])
            svg.Circle(x.At(point.X), y.At(point.Y), 3, $"f{number % 4}", $"{series.Name}, {X.Show(point.X)}: {Shown(point)}");
    }

    string Shown(ChartPoint point) =>
        double.IsNaN(point.Y) ? "" : double.IsFinite(point.Lower) && double.IsFinite(point.Upper) ? $"{Y.Show(point.Y)} ({Y.Show(point.Lower)} to {Y.Show(point.Upper)})" : Y.Show(point.Y);
}
