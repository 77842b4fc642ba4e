using System.Collections.Immutable;

namespace FraudStreams.Model.Reports;

/// <summary>Payments about a place.</summary>
/// <param name="Latitude">In degrees, north positive.</param>
/// <param name="Longitude">In degrees, east positive.</param>
public sealed record MapPlace(double Latitude, double Longitude, long Payments, long Frauds);

/// <summary>Places on a plain grid of degrees, without tiles or borders: a disc's area is its number of payments, and within it a second one's of frauds, each relative to the largest.</summary>
public sealed record MapChart(string Title, ImmutableArray<MapPlace> Places) : Chart(Title)
{
    const int Left = 50, Right = 14, Top = 30, Bottom = 24, MostHeight = 420;
    const double Largest = 13, Smallest = 0.8;
    const int MostRows = 30;

    /// <summary>The places of most payments.</summary>
    public override ReportTable Table => new(
        Places.Length > MostRows ? $"{Title}: the {MostRows} of most payments among {ReportText.Count(Places.Length)}" : Title, ["latitude", "longitude", "payments", "frauds", "share of frauds"],
        [
            .. Places.OrderByDescending(place => place.Payments).Take(MostRows).Select(place => (ImmutableArray<string>)
                [ReportText.Number(place.Latitude), ReportText.Number(place.Longitude), ReportText.Count(place.Payments), ReportText.Count(place.Frauds), ReportText.Share((double)place.Frauds / place.Payments)]),
        ])
    {
        TextColumns = 0,
    };

    private protected override SvgWriter Drawn()
    {
        var svg = new SvgWriter();
        var (south, north) = Around(Places.Select(place => place.Latitude));
        var (west, east) = Around(Places.Select(place => place.Longitude));

        // Degrees of longitude are shorter away from the equator: as long here as in the map's middle.
        var (across, up) = ((east - west) * Math.Cos((south + north) / 2 * Math.PI / 180), north - south);
        var width = (double)(Width - Left - Right);
        var height = Math.Clamp(width * up / across, 120, MostHeight);
        if (width * up / across > MostHeight)
            width = MostHeight * across / up;
        svg.Height = Top + height + Bottom;
        var x = new AxisScale(new ChartAxis("") { From = west, To = east }, [], Left, Left + width);
        var y = new AxisScale(new ChartAxis("") { From = south, To = north }, [], Top + height, Top);
        foreach (var (value, text) in x.Ticks())
        {
            svg.Line(x.At(value), Top, x.At(value), Top + height, "grid");
            svg.Text(x.At(value), Top + height + 17, $"{text}°", "middle", "quiet");
        }

        foreach (var (value, text) in y.Ticks())
        {
            svg.Line(Left, y.At(value), Left + width, y.At(value), "grid");
            svg.Text(Left - 6, y.At(value) + 4, $"{text}°", "end", "quiet");
        }

        var (payments, frauds) = (Places.Max(place => place.Payments), Math.Max(1, Places.Max(place => place.Frauds)));
        Legend(svg, [($"payments, at most {ReportText.Count(payments)} about a place", "f0 light", false), ($"frauds, at most {ReportText.Count(Places.Max(place => place.Frauds))}", "f1", false)]);
        foreach (var place in Places)
            svg.Circle(x.At(place.Longitude), y.At(place.Latitude), Radius(place.Payments, payments), "f0 light", Told(place));
        foreach (var place in Places.Where(place => place.Frauds > 0))
            svg.Circle(x.At(place.Longitude), y.At(place.Latitude), Radius(place.Frauds, frauds) * 0.6, "f1", Told(place));
        return svg;
    }

    static (double From, double To) Around(IEnumerable<double> degrees)
    {
        var (from, to) = (degrees.Min(), degrees.Max());
        var margin = Math.Max(0.05, (to - from) * 0.04);
        return (from - margin, to + margin);
    }

    static double Radius(long count, long most) => Smallest + ((Largest - Smallest) * Math.Sqrt((double)count / most));

    static string Told(MapPlace place) => $"{ReportText.Number(place.Latitude)}, {ReportText.Number(place.Longitude)}: {ReportText.Count(place.Payments)} payments, {ReportText.Count(place.Frauds)} frauds";
}
