using System.Globalization;
using System.Text;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Reports;

/// <summary>Writes the elements of a chart; coordinates in units of its view box, texts escaped.</summary>
sealed class SvgWriter
{
    readonly StringBuilder _svg = new();

    /// <summary>The chart's height; set before it is closed.</summary>
    public double Height { get; set; }

    /// <summary>About how wide a text is, in the font of charts.</summary>
    public static double WidthOf(string text) => 6.6 * text.Length;

    /// <summary>A text cut to a width, with an ellipsis; a card number is masked before, since a part of it would be taken for none.</summary>
    public static string Fit(string text, double width) =>
        CardNumbers.Masked(text) is var shown && WidthOf(shown) <= width ? shown : shown[..Math.Max(1, (int)(width / 6.6) - 1)] + "…";

    public void Line(double x1, double y1, double x2, double y2, string style) => Add($"<line x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\" class=\"{style}\"/>");

    public void Rect(double x, double y, double width, double height, string style, string? title = null) =>
        Titled($"<rect x=\"{x:0.#}\" y=\"{y:0.##}\" width=\"{Math.Max(0, width):0.##}\" height=\"{Math.Max(0, height):0.##}\" class=\"{style}\"", "rect", title);

    public void Circle(double x, double y, double radius, string style, string? title = null) =>
        Titled($"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"{radius:0.##}\" class=\"{style}\"", "circle", title);

    /// <param name="anchor">start, middle or end.</param>
    public void Text(double x, double y, string text, string anchor = "start", string style = "") =>
        Add($"<text x=\"{x:0.#}\" y=\"{y:0.#}\"{(anchor == "start" ? "" : $" text-anchor=\"{anchor}\"")}{(style.Length == 0 ? "" : $" class=\"{style}\"")}>{ReportText.Encode(text)}</text>");

    /// <summary>A text from bottom to top, around its middle.</summary>
    public void Upright(double x, double y, string text) => Add($"<text transform=\"rotate(-90)\" x=\"{-y:0.#}\" y=\"{x:0.#}\" text-anchor=\"middle\" class=\"quiet\">{ReportText.Encode(text)}</text>");

    public void Polyline(IEnumerable<(double X, double Y)> points, string style) => Add($"<polyline class=\"{style}\" points=\"{Points(points)}\"/>");

    public void Polygon(IEnumerable<(double X, double Y)> points, string style) => Add($"<polygon class=\"{style}\" points=\"{Points(points)}\"/>");

    /// <summary>The whole element; as a file of its own with a style and a background.</summary>
    public string Close(string attributes, string? style) => string.Create(
        CultureInfo.InvariantCulture,
        $"<svg {attributes} viewBox=\"0 0 {Chart.Width} {Height:0}\">{(style is null ? "" : $"<style>{style}</style><rect width=\"100%\" height=\"100%\" class=\"back\"/>")}{_svg}</svg>");

    static string Points(IEnumerable<(double X, double Y)> points) => string.Join(' ', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{point.X:0.#},{point.Y:0.#}")));

    void Titled(FormattableString begin, string name, string? title)
    {
        Add(begin);
        _svg.Append(title is null ? "/>" : $"><title>{ReportText.Encode(title)}</title></{name}>");
    }

    void Add(FormattableString text) => _svg.Append(text.ToString(CultureInfo.InvariantCulture));
}
