using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;
using FraudStreams.Model.Reports;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Reports;

public sealed class HtmlReportTests
{
    const string Hostile = "<script>alert(1)</script>\" onload=\"x' & \u0001 4000 0000 0000 0002";

    [Fact]
    public void Text_is_text_in_every_part()
    {
        ImmutableArray<string> names = [Hostile, "b"];
        var html = new HtmlReport(Hostile).Section(Hostile).Text(Hostile).List([Hostile]).Figures((Hostile, Hostile))
            .Table(new ReportTable(Hostile, names, [names]))
            .Charts(
                new LineChart(Hostile, new ChartAxis(Hostile), new ChartAxis(Hostile), [new LineSeries(Hostile, [new ChartPoint(1, 2), new ChartPoint(2, 3)]), new LineSeries("b", [])]) { Marks = [new ChartMark(1.5, Hostile)], Note = Hostile },
                new BarChart(Hostile, Hostile, new ChartAxis(Hostile), names, [new BarSeries(Hostile, [1, double.NaN]), new BarSeries("b", [2, 3])]),
                new BarChart(Hostile, Hostile, new ChartAxis(Hostile), names, [new BarSeries(Hostile, [1, double.NaN])]) { IsLying = true },
                new IntervalChart(Hostile, new ChartAxis(Hostile), [new ChartInterval(Hostile, 0, -1, 1)]) { Marks = [new ChartMark(0, Hostile)] },
                new MapChart(Hostile, [new MapPlace(40, -80, 10, 1)]))
            .ToHtml();

        var page = Parsed(html);
        page.Descendants().ShouldAllBe(element => element.Name.LocalName != "script");
        page.Descendants().SelectMany(element => element.Attributes()).ShouldAllBe(attribute => !attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        page.Descendants("h1").Single().Value.ShouldBe("<script>alert(1)</script>\" onload=\"x' &   **** **** **** 0002");
        html.ShouldNotContain("4000 0000 0000 0002");
    }

    [Fact]
    public void Each_chart_has_its_table_and_a_name_and_nothing_comes_from_elsewhere()
    {
        var html = new HtmlReport("Report").Charts(Charts()).ToHtml();

        var page = Parsed(html);
        page.Descendants("figure").Count().ShouldBe(Charts().Length);
        page.Descendants("figure").ShouldAllBe(figure => figure.Descendants("svg").Count() == 1 && figure.Descendants("table").Descendants("td").Any());
        page.Descendants("svg").ShouldAllBe(svg => svg.Attribute("role")!.Value == "img" && svg.Attribute("aria-label")!.Value.Length > 0);
        html.ShouldNotContain("http:");
        html.ShouldNotContain("https:");
        html.ShouldNotContain("<script");
        html.ShouldNotContain("NaN");
        html.ShouldNotContain("∞");
    }

    [Fact]
    public void Coordinates_are_finite_and_within_the_picture()
    {
        foreach (var chart in (Chart[])[.. Charts(), .. Empty()])
        {
            var svg = XDocument.Parse(chart.ToSvgFile()).Root!;
            var box = svg.Attribute("viewBox")!.Value.Split(' ').Select(Number).ToArray();
            foreach (var element in svg.Descendants())
            {
                foreach (var name in (string[])["x", "x1", "x2", "cx", "y", "y1", "y2", "cy", "width", "height", "r"])
                {
                    if (element.Attribute(name) is not { } attribute || element.Attribute("transform") is not null || attribute.Value.EndsWith('%'))
                        continue;
                    Number(attribute.Value).ShouldBeInRange(-0.01, name.Contains('y') || name == "height" ? box[3] + 0.01 : box[2] + 0.01, $"{chart.Title}: {element}");
                }
            }
        }
    }

    [Fact]
    public void A_long_lines_table_has_round_places_with_the_first_value_at_or_after_each()
    {
        var line = new LineChart("l", new ChartAxis("recall") { From = 0, To = 1 }, new ChartAxis("precision"), [new LineSeries("a", [.. Enumerable.Range(0, 101).Select(at => new ChartPoint(at / 100.0, 1 - (at / 200.0)))])]);

        line.Table.Rows.Length.ShouldBe(21);
        line.Table.Rows[10].ShouldBe(["0.5", "0.75"]);
        new LineChart("l", line.X, line.Y, [new LineSeries("a", [new ChartPoint(0.3, 0.5, 0.4, 0.6), new ChartPoint(0.9, double.NaN)])]).Table.Rows.Select(row => string.Join('|', row)).ShouldBe(["0.3|0.5 (0.4 to 0.6)", "0.9|"]);
    }

    [Theory]
    [InlineData(0, 1, AxisFormat.Share, "0%|20%|40%|60%|80%|100%")]
    [InlineData(0, 0.0123, AxisFormat.Share, "0.0%|0.5%|1.0%|1.5%")]
    [InlineData(-3, 12, AxisFormat.Number, "-5|0|5|10|15")]
    [InlineData(5, 5, AxisFormat.Number, "5|6|7|8|9|10")]
    [InlineData(0, 20_000, AxisFormat.Number, "0|5,000|10,000|15,000|20,000")]
    [InlineData(0, 180_000, AxisFormat.Number, "0|50k|100k|150k|200k")]
    [InlineData(0, 1_900_000, AxisFormat.Number, "0|0.5M|1.0M|1.5M|2.0M")]
    public void Ticks_are_round(double from, double to, AxisFormat format, string ticks) =>
        string.Join('|', new AxisScale(new ChartAxis("a", format), [from, to], 0, 100).Ticks().Select(tick => tick.Text)).ShouldBe(ticks);

    [Theory]
    [InlineData("2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z", "01-01 00:00|01-01 01:00|01-01 02:00")]
    [InlineData("2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z", "2026-01-01|2026-01-02|2026-01-03|2026-01-04|2026-01-05")]
    [InlineData("2025-11-20T00:00:00Z", "2026-04-05T00:00:00Z", "2025-12|2026-01|2026-02|2026-03|2026-04")]
    [InlineData("2012-01-01T00:00:00Z", "2020-06-05T00:00:00Z", "2012-01|2014-01|2016-01|2018-01|2020-01")]
    public void Ticks_of_time_are_where_people_count(string from, string to, string ticks) =>
        string.Join('|', new AxisScale(new ChartAxis("a", AxisFormat.Time), [Time(from), Time(to)], 0, 100).Ticks().Select(tick => tick.Text)).ShouldBe(ticks);

    [Theory]
    [InlineData(0.5, "50.0%")]
    [InlineData(0.0058, "0.58%")]
    [InlineData(0.00012, "0.012%")]
    [InlineData(0, "0.0%")]
    [InlineData(double.NaN, "")]
    public void Shares_keep_their_digits(double share, string text) => ReportText.Share(share).ShouldBe(text);

    static Chart[] Charts() =>
    [
        new LineChart("line", new ChartAxis("time", AxisFormat.Time), new ChartAxis("share", AxisFormat.Share) { From = 0, To = 1 },
        [
            new LineSeries("first of the two", [.. Enumerable.Range(0, 60).Select(day => new ChartPoint(1.7e12 + (day * 8.64e7), day % 7 == 0 ? double.NaN : day / 60.0, day / 70.0, day / 55.0))]),
            new LineSeries("second", [new ChartPoint(1.7e12, 0.2, 0.1, 0.3), new ChartPoint(1.702e12, 0.9)]) { IsDashed = true },
        ])
        {
            Marks = [new ChartMark(1.701e12, "alarm")],
        },
        new BarChart("standing", "hour", new ChartAxis("payments"), [.. Enumerable.Range(0, 24).Select(hour => $"{hour:00}")], [new BarSeries("a", [.. Enumerable.Range(0, 24).Select(hour => hour * 1_000.0)])]),
        new BarChart("lying", "shop", new ChartAxis("share", AxisFormat.Share), ["a very long name of a merchant that does not fit", "b"], [new BarSeries("not fraud", [0.5, double.NaN]), new BarSeries("fraud", [1, 0])]) { IsLying = true },
        new IntervalChart("intervals", new ChartAxis("difference"), [new ChartInterval("average precision", 0.01, -0.02, 0.04)]) { Marks = [new ChartMark(-0.01, "margin")] },
        new MapChart("map", [new MapPlace(40.1, -80.2, 100, 3), new MapPlace(66.7, -160, 7, 0), new MapPlace(25, -97, 1, 1)]),
        new MapChart("one place", [new MapPlace(52, 13, 1, 0)]),
    ];

    static Chart[] Empty() =>
    [
        new LineChart("none", new ChartAxis("x"), new ChartAxis("y"), [new LineSeries("a", [])]),
        new LineChart("one", new ChartAxis("x"), new ChartAxis("y"), [new LineSeries("a", [new ChartPoint(5, 0)])]),
        new BarChart("none", "hour", new ChartAxis("payments"), [], [new BarSeries("a", [])]),
        new BarChart("zeros", "hour", new ChartAxis("payments"), ["a"], [new BarSeries("a", [0])]) { IsLying = true },
    ];

    static double Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();

    static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    static XDocument Parsed(string html) => XDocument.Parse(html.Replace("<!doctype html>", ""));
}
