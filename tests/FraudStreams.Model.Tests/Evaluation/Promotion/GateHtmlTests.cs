using System.Text.Json;
using System.Xml.Linq;
using FraudStreams.Model.Evaluation.Promotion;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Evaluation.Promotion;

public sealed class GateHtmlTests
{
    [Fact]
    public void The_page_is_well_formed_needs_nothing_else_and_has_the_curves_as_a_table()
    {
        var html = GateHtml.Write(Report());

        var page = XDocument.Parse(html.Replace("<!doctype html>", "").Replace("<meta charset=\"utf-8\">", "").Replace("<meta name=\"viewport\" content=\"width=device-width\">", ""));
        html.ShouldNotContain("http:");
        html.ShouldNotContain("https:");
        html.ShouldNotContain("<script");
        page.Descendants("svg").Count().ShouldBe(2);
        page.Descendants("svg").ShouldAllBe(svg => svg.Attribute("aria-label")!.Value.Length > 0);
        page.Descendants("polyline").ShouldAllBe(line => line.Attribute("points")!.Value.Split(' ', StringSplitOptions.None).Length > 5);
        page.Descendants("caption").Select(caption => caption.Value).ShouldContain("Precision by recall");
        page.Descendants("figure").ShouldAllBe(figure => figure.Descendants("table").Any());
    }

    [Fact]
    public void Names_are_text_and_no_markup() =>
        GateHtml.Write(Report() with { Challenger = "<b>&" }).ShouldContain("&lt;b&gt;&amp;");

    [Fact]
    public void A_report_without_measures_can_be_written()
    {
        var empty = PromotionGate.Judge("one", "two", [], 0, 0, new GateRules());

        GateHtml.Write(empty).ShouldContain("Not yet");
        JsonDocument.Parse(GateJson.Write(empty)).RootElement.GetProperty("state").GetString().ShouldBe("not_yet");
    }

    [Fact]
    public void The_digest_is_of_the_json_and_of_each_figure_in_it()
    {
        var report = Report();

        GateJson.DigestOf(report).ShouldBe(GateJson.DigestOf(Report()));
        GateJson.DigestOf(report with { Payments = report.Payments + 1 }).ShouldNotBe(GateJson.DigestOf(report));
    }

    static GateReport Report()
    {
        var random = new Random(3);
        GatePayment[] payments =
        [
            .. Enumerable.Range(0, 1_000).Select(row =>
            {
                var fraud = row % 8 == 0;
                var (one, other) = (Math.Min(1, random.NextDouble() * 0.8 + (fraud ? 0.2 : 0)), Math.Min(1, random.NextDouble() * 0.7 + (fraud ? 0.3 : 0)));
                return new GatePayment(row / 2, row * 864_000L, fraud, one, one > 0.9, other, other > 0.9, row % 50);
            }),
        ];
        return PromotionGate.Judge("one", "two", payments, -1, long.MaxValue / 2, new GateRules());
    }
}
