namespace FraudStreams.Model.Reports;

/// <summary>A chart as SVG, with the same figures as a table. Colours follow the reader's theme, and no series is told from another by colour alone where lines cross.</summary>
/// <param name="Title">What it shows.</param>
public abstract record Chart(string Title)
{
    internal const int Width = 640;

    /// <summary>How it is to be read, where the title does not say so.</summary>
    public string? Note { get; init; }

    /// <summary>The figures that it draws; of long lines some points.</summary>
    public abstract ReportTable Table { get; }

    /// <summary>The chart within a report, whose style it needs.</summary>
    public string ToSvg() => Drawn().Close($"role=\"img\" aria-label=\"{ReportText.Encode(Title)}; the table has the figures\"", style: null);

    /// <summary>The chart as a file of its own.</summary>
    public string ToSvgFile() => Drawn().Close($"xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{ReportText.Encode(Title)}\"", ReportStyle.Chart);

    private protected abstract SvgWriter Drawn();

    /// <summary>A legend's lines, from the top; the room that they take.</summary>
    private protected static int Legend(SvgWriter svg, IReadOnlyList<(string Name, string Class, bool IsLine)> series)
    {
        if (series.Count < 2)
            return 0;
        var (x, y) = (0.0, 11);
        foreach (var (name, style, isLine) in series)
        {
            var width = 30 + SvgWriter.WidthOf(name);
            if (x > 0 && x + width > Width)
                (x, y) = (0, y + 18);
            if (isLine)
                svg.Line(x, y - 4, x + 18, y - 4, style);
            else
                svg.Rect(x, y - 9, 12, 10, style);
            svg.Text(x + (isLine ? 23 : 17), y, name);
            x += width + 18;
        }

        return y + 9;
    }
}
