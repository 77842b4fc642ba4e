using System.Collections.Immutable;

namespace FraudStreams.Model.Reports;

/// <summary>A value with its bounds.</summary>
public sealed record ChartInterval(string Name, double Value, double Lower, double Upper);

/// <summary>Values with their bounds, one a row, beside marked values such as "no difference".</summary>
public sealed record IntervalChart(string Title, ChartAxis Values, ImmutableArray<ChartInterval> Rows) : Chart(Title)
{
    const int Names = 176, Right = 30, RowHeight = 32;

    /// <summary>Values that are marked.</summary>
    public ImmutableArray<ChartMark> Marks { get; init; } = [];

    public override ReportTable Table => new(
        Title, ["", Values.Label, "lower bound", "upper bound"],
        [.. Rows.Select(row => (ImmutableArray<string>)[row.Name, ReportText.Signed(row.Value), ReportText.Signed(row.Lower), ReportText.Signed(row.Upper)])]);

    private protected override SvgWriter Drawn()
    {
        var svg = new SvgWriter();
        const int top = 26;
        var bottom = top + (Rows.Length * RowHeight);
        svg.Height = bottom + 42;
        var x = new AxisScale(Values, [.. Rows.SelectMany(row => (double[])[row.Lower, row.Upper]), .. Marks.Select(mark => mark.X)], Names, Width - Right);
        foreach (var (value, text) in x.Ticks())
        {
            svg.Line(x.At(value), top, x.At(value), bottom, "grid");
            svg.Text(x.At(value), bottom + 17, text, "middle", "quiet");
        }

        foreach (var mark in Marks)
        {
            svg.Line(x.At(mark.X), top - 6, x.At(mark.X), bottom, "mark");
            svg.Text(x.At(mark.X), top - 10, mark.Text, "middle", "quiet");
        }

        for (var row = 0; row < Rows.Length; row++)
        {
            var (interval, y) = (Rows[row], top + (RowHeight * (row + 0.5)));
            svg.Text(Names - 10, y + 4, SvgWriter.Fit(interval.Name, Names - 12), "end");
            svg.Line(x.At(interval.Lower), y, x.At(interval.Upper), y, "line s1");
            svg.Circle(x.At(interval.Value), y, 5, "f1", $"{interval.Name}: {ReportText.Signed(interval.Value)}, from {ReportText.Signed(interval.Lower)} to {ReportText.Signed(interval.Upper)}");
        }

        svg.Text((Names + Width - Right) / 2.0, bottom + 36, Values.Label, "middle", "quiet");
        return svg;
    }
}
